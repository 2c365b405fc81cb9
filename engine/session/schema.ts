// The tables of a session file, format version 2. Written by engine/session/writer.ts,
// read by engine/query/ and by anyone with sqlite3: docs/session-file.md explains each
// column, and a test compares the two.

/** `PRAGMA application_id`: "SynS", so that file(1) and the opener can tell a session. */
export const APPLICATION_ID = 0x53796e53;
/** `PRAGMA user_version`. */
export const FORMAT_VERSION = 2;

export const SCHEMA = `
CREATE TABLE session (            -- one row
  id INTEGER PRIMARY KEY CHECK (id = 1),
  uuid TEXT NOT NULL,
  synscope_version TEXT NOT NULL,
  layout_hash TEXT NOT NULL,
  host TEXT NOT NULL,
  kernel TEXT NOT NULL,
  started_unix_ms REAL NOT NULL,  -- wall clock at time_ns = 0
  started_monotonic_ns TEXT NOT NULL, -- CLOCK_MONOTONIC at time_ns = 0, decimal
  ended_ns INTEGER,               -- last commit, ns since the session began
  clean_end INTEGER NOT NULL DEFAULT 0, -- 1 = stopped in order
  events INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  missed INTEGER NOT NULL DEFAULT 0,
  dropped_attempts INTEGER NOT NULL DEFAULT 0 -- removed by the bounds of the flight recorder
) STRICT;

CREATE TABLE hook (
  family TEXT NOT NULL,
  hook TEXT NOT NULL,
  attached INTEGER NOT NULL,
  required INTEGER NOT NULL,
  problem TEXT
) STRICT;

CREATE TABLE note (time_ns INTEGER NOT NULL, text TEXT NOT NULL) STRICT;

CREATE TABLE process (            -- one row per process image (an exec makes a new one)
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,      -- since boot
  exec_id INTEGER NOT NULL,
  parent_pid INTEGER,
  namespace_pid INTEGER,
  comm TEXT NOT NULL,
  exe TEXT,
  cmdline TEXT NOT NULL,          -- JSON array of strings
  uid INTEGER NOT NULL,
  user TEXT,
  gid INTEGER,
  cgroup TEXT,
  unit TEXT,
  container TEXT
) STRICT;

CREATE TABLE attempt (            -- one row per connection attempt: (cookie, ordinal)
  id INTEGER PRIMARY KEY,         -- ascending by begin
  cookie INTEGER,                 -- socket cookie, NULL when the kernel gave none
  ordinal INTEGER NOT NULL,
  netns INTEGER NOT NULL,
  direction TEXT NOT NULL,        -- outgoing | accepted | unknown
  call TEXT,                      -- socket | bind | listen | accept that failed, NULL for a connection
  family TEXT NOT NULL,           -- ipv4 | ipv6
  local_address TEXT NOT NULL,
  local_port INTEGER NOT NULL,
  remote_address TEXT NOT NULL,
  remote_port INTEGER NOT NULL,
  process_id INTEGER REFERENCES process(id),
  owner_source TEXT NOT NULL,     -- connect | accept | scan | listener | unknown
  tid INTEGER,
  thread_comm TEXT,
  fd INTEGER,
  async INTEGER,                  -- 1 = connect(2) returned EINPROGRESS
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  failed INTEGER NOT NULL,
  errno INTEGER,
  error TEXT,                     -- name of errno
  begin_ns INTEGER NOT NULL,      -- first event seen of it
  started_ns INTEGER,             -- NULL when older than the capture
  established_ns INTEGER,
  ended_ns INTEGER,
  retransmits INTEGER NOT NULL,
  bytes_sent INTEGER NOT NULL,
  bytes_received INTEGER NOT NULL,
  srtt_us INTEGER,
  closed_by TEXT,                 -- local | remote
  incomplete INTEGER NOT NULL,
  verdict TEXT,                   -- rule that decided why it failed, or what troubled it
  confidence TEXT,                -- certain | likely | possible
  finding TEXT,                   -- JSON: params of the rule, events (claim -> event.id)
  race INTEGER,                   -- attempt to another address that won, NULL when it gave way to none
  failure_group INTEGER           -- failure_group.id, NULL when it did not fail, or only lost a race
) STRICT;
CREATE INDEX attempt_by_group ON attempt(failure_group, begin_ns, ended_ns, process_id)
  WHERE failure_group IS NOT NULL;

CREATE TABLE failure_group (      -- failures of one kind: the same in all that follows
  id INTEGER PRIMARY KEY,         -- 52 bits of the hash of what follows
  verdict TEXT NOT NULL,
  error TEXT,
  direction TEXT NOT NULL,        -- outgoing | accepted | unknown
  address TEXT NOT NULL,          -- remote, of accepted attempts the local one
  port INTEGER NOT NULL,
  fingerprint TEXT,               -- stack.fingerprint of who asked for it, NULL when not known
  stack TEXT,                     -- its innermost functions in words
  first_ns INTEGER NOT NULL       -- begin of the first one
) STRICT;

CREATE TABLE alert (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,             -- contract/alerts.ts
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  filter TEXT                     -- selects the attempts that it is about
) STRICT;

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  attempt_id INTEGER NOT NULL REFERENCES attempt(id),
  time_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  old_state TEXT,
  new_state TEXT,
  errno INTEGER,
  detail TEXT,                    -- JSON object with what only this kind has
  kernel_stack_id INTEGER,
  user_stack_id INTEGER
) STRICT;
CREATE INDEX event_by_attempt ON event(attempt_id);
CREATE INDEX event_by_stack ON event(attempt_id, user_stack_id, kernel_stack_id, kind, new_state)
  WHERE user_stack_id IS NOT NULL OR kernel_stack_id IS NOT NULL;

CREATE TABLE stack (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,             -- kernel | user
  unwinder TEXT NOT NULL,
  process_id INTEGER,
  symbolized INTEGER NOT NULL,    -- 0 = only addresses so far
  fingerprint TEXT,               -- hash of the program's own functions, the same in every run
  same_as INTEGER                 -- stack that has the frames of this one, NULL when it has its own
) STRICT;

CREATE TABLE frame (
  id INTEGER PRIMARY KEY,
  name TEXT,
  module TEXT,
  build_id TEXT,
  offset INTEGER,                 -- user frames: address in the file as linked; kernel: from the symbol
  address TEXT NOT NULL,          -- hexadecimal with 0x
  quality TEXT NOT NULL,
  problem TEXT,
  file TEXT,                      -- source file, NULL without debug information
  line INTEGER,
  inlined INTEGER NOT NULL DEFAULT 0 -- 1 = put into the next frame outward by the compiler
) STRICT;

CREATE TABLE stack_frame (        -- innermost frame has depth 0
  stack_id INTEGER NOT NULL REFERENCES stack(id),
  depth INTEGER NOT NULL,
  frame_id INTEGER NOT NULL REFERENCES frame(id),
  PRIMARY KEY (stack_id, depth)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (            -- capture counters, once a second while they change
  time_ns INTEGER NOT NULL,
  name TEXT NOT NULL,             -- emitted | delivered | lost | missed
  value INTEGER NOT NULL
) STRICT;

CREATE TABLE comparison (         -- the kernel's own counters beside what was seen, as last read
  netns INTEGER NOT NULL,
  name TEXT NOT NULL,             -- counter of /proc/net/snmp, e.g. ActiveOpens
  time_ns INTEGER NOT NULL,
  kernel INTEGER,                 -- its change since the capture began, NULL when it cannot be read
  seen INTEGER NOT NULL,
  apart INTEGER NOT NULL,         -- of the kernel's: what belongs to no connection
  explanation TEXT,
  PRIMARY KEY (netns, name)
) STRICT, WITHOUT ROWID;
`;
