// Process images: who owns an attempt. Fed with task_ident and PROCESS records, completed
// from /proc where a record is missing; gives rows of the table `process`.
import { basename } from 'node:path';
import type { ProcessEventReader, TaskIdentReader } from '../../contract/generated/events.ts';
import { placeOf } from './cgroup.ts';
import { type HostFiles, splitArguments } from './host-files.ts';

/** One process image, (tgid, start, exec): an exec makes a new one of the same pid. */
export interface ProcessImage {
  /** Row id. */
  readonly id: number;
  readonly pid: number;
  /** Since boot, ns. */
  readonly startNs: number;
  readonly execId: number;
  uid: number;
  user: string | null;
  comm: string;
  exe: string | null;
  cmdline: readonly string[];
  parentPid: number | null;
  namespacePid: number | null;
  gid: number | null;
  cgroup: string | null;
  unit: string | null;
  container: string | null;
}

/** Images kept by pid: the newest of each. About 1 kB each; the oldest known is forgotten first. */
const LIMIT = 20_000;

export class ProcessTable {
  readonly #host: HostFiles;
  readonly #changed: (image: ProcessImage) => void;
  readonly #byPid = new Map<number, ProcessImage>();
  /** Images that no PROCESS record has told about yet. */
  #untold: ProcessImage[] = [];
  #lastId = 0;

  constructor(host: HostFiles, changed: (image: ProcessImage) => void) {
    this.#host = host;
    this.#changed = changed;
  }

  /** The image that a task belongs to; null for no task (softirq). */
  of(task: TaskIdentReader): ProcessImage | null {
    const pid = task.tgid;
    if (pid === 0) return null;
    const known = this.#byPid.get(pid);
    if (known && known.execId === task.execId && known.startNs === task.startNsNumber) return known;
    const image = this.#add(task, task.threadComm);
    this.#untold.push(image);
    this.#changed(image);
    return image;
  }

  /** A PROCESS record: who the image is. */
  tell(event: ProcessEventReader): void {
    const { task } = event;
    if (task.tgid === 0) return;
    const known = this.#byPid.get(task.tgid);
    const same = known?.execId === task.execId && known.startNs === task.startNsNumber;
    const image = known && same ? known : this.#add(task, event.comm);
    if (same) this.#untold = this.#untold.filter((other) => other !== image);
    image.parentPid = event.parentTgid;
    image.namespacePid = event.namespaceTgid;
    image.gid = event.gid;
    image.exe = pathOf(event.exeCount, (index) => event.exe(index), event.exeTruncated !== 0);
    image.comm = processName(event.comm, image.exe);
    const cgroup = pathOf(
      event.cgroupCount,
      (index) => event.cgroup(index),
      event.cgroupTruncated !== 0,
    );
    setCgroup(image, cgroup ?? '/');
    this.#tellCmdline(image, event);
    this.#changed(image);
  }

  #tellCmdline(image: ProcessImage, event: ProcessEventReader): void {
    const length = event.cmdlineLen;
    const bytes = event.cmdlineBytes.subarray(0, length);
    image.cmdline = length > 0 ? splitArguments(Buffer.from(bytes).toString()) : [];
    if (length > 0 && event.cmdlineTruncated === 0) return;
    const whole = this.#host.describe(image.pid, image.startNs)?.cmdline;
    if (whole && whole.length >= image.cmdline.length) image.cmdline = whole;
    else if (length > 0)
      image.cmdline = [...image.cmdline.slice(0, -1), `${image.cmdline.at(-1)}…`];
  }

  /** Completes images that no record told about, from /proc. Called between batches. */
  complete(): void {
    if (this.#untold.length === 0) return;
    for (const image of this.#untold) {
      const found = this.#host.describe(image.pid, image.startNs);
      if (!found) continue;
      image.exe = found.exe;
      image.comm = processName(found.comm ?? image.comm, image.exe);
      image.cmdline = found.cmdline ?? [];
      image.parentPid = found.parentPid;
      if (found.cgroup !== null) setCgroup(image, found.cgroup);
      this.#changed(image);
    }
    this.#untold = [];
  }

  #add(task: TaskIdentReader, comm: string): ProcessImage {
    this.#lastId++;
    const image: ProcessImage = {
      id: this.#lastId,
      pid: task.tgid,
      startNs: task.startNsNumber,
      execId: task.execId,
      uid: task.uid,
      user: this.#host.userName(task.uid),
      comm,
      exe: null,
      cmdline: [],
      parentPid: null,
      namespacePid: null,
      gid: null,
      cgroup: null,
      unit: null,
      container: null,
    };
    this.#byPid.delete(image.pid);
    this.#byPid.set(image.pid, image);
    if (this.#byPid.size > LIMIT) {
      for (const oldest of this.#byPid.keys()) {
        this.#byPid.delete(oldest);
        break;
      }
    }
    return image;
  }
}

/**
 * The kernel's comm of a process is the name of its main thread. Node since 24 names that
 * thread `MainThread`, which says nothing: the executable does.
 */
function processName(comm: string, exe: string | null): string {
  return comm === 'MainThread' && exe !== null ? basename(exe) : comm;
}

function setCgroup(image: ProcessImage, cgroup: string): void {
  const { unit, container } = placeOf(cgroup);
  image.cgroup = cgroup;
  image.unit = unit;
  image.container = container;
}

/** Parts from the leaf to the root → a path; null when there are none. A cut path begins with `…`. */
function pathOf(count: number, part: (index: number) => string, truncated: boolean): string | null {
  const parts: string[] = [];
  for (let index = count - 1; index >= 0; index--) {
    const text = part(index);
    if (text !== '' && text !== '/') parts.push(text);
  }
  if (parts.length === 0) return null;
  return `${truncated ? '…' : ''}/${parts.join('/')}`;
}
