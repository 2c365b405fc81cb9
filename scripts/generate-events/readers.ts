// Writes contract/generated/events.ts from the layout: enums, sizes and one flyweight
// reader class per struct. The stop before is scripts/generate-events/layout.ts.
import type { Enumeration, Field, Layout, Scalar, Struct } from './layout.ts';

/** The text of contract/generated/events.ts. */
export function readersSource(layout: Layout, hash: string): string {
  const parts = [PREAMBLE, `export const LAYOUT_HASH =\n  '${hash}';\n`];
  for (const enumeration of layout.enums) parts.push(enumSource(enumeration));
  parts.push(fieldTable(layout));
  for (const struct of layout.structs) parts.push(readerSource(struct));
  return parts.join('\n');
}

const PREAMBLE = `// Generated from bpf/events.h by scripts/generate-events.ts. Do not edit:
// change bpf/events.h and run \`node_modules/.bin/node scripts/generate-events.ts\`.
//
// Readers are flyweights: \`reader.at(view, offset)\` points one at a record and its
// getters read from there; nothing is copied before it is asked for. Each 64-bit field
// \`x\` is a bigint, with \`xNumber\` (exact below 2^53) and its halves \`xHigh\`, \`xLow\`.

const TEXT = new TextDecoder();
const EMPTY = new DataView(new ArrayBuffer(0));

/** Text up to the first NUL, or the whole array. */
function text(view: DataView, offset: number, length: number): string {
  let ascii = '';
  for (let i = 0; i < length; i++) {
    const byte = view.getUint8(offset + i);
    if (byte === 0) return ascii;
    if (byte > 0x7f) return longText(view, offset, length);
    ascii += String.fromCharCode(byte);
  }
  return ascii;
}

function longText(view: DataView, offset: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length);
  const end = bytes.indexOf(0);
  return TEXT.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
`;

function pascal(name: string): string {
  return name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function camel(name: string): string {
  const whole = pascal(name);
  return whole.charAt(0).toLowerCase() + whole.slice(1);
}

function enumSource({ name, values }: Enumeration): string {
  let prefix = values[0]?.name ?? '';
  while (!values.every((value) => value.name.startsWith(prefix))) prefix = prefix.slice(0, -1);
  prefix = prefix.slice(0, prefix.lastIndexOf('_') + 1);
  const lines = values.map((value) => `  ${value.name.slice(prefix.length)}: ${value.value},`);
  return `/** enum ${name} */\nexport const ${pascal(name)} = {\n${lines.join('\n')}\n} as const;\n`;
}

/** Flat names of every scalar (`socket.cookie`), for what writes records: tests and benchmarks. */
function fieldTable({ structs }: Layout): string {
  const byName = new Map(structs.map((struct) => [struct.name, struct]));
  const flatten = (struct: Struct, base: number, path: string): string[] =>
    struct.fields.flatMap((field) => {
      const name = path + field.name;
      if (typeof field.type !== 'string') {
        const inner = byName.get(field.type.struct);
        return inner ? flatten(inner, base + field.offset, `${name}.`) : [];
      }
      const count = field.dimensions.reduce((product, n) => product * n, 1);
      return [
        `      '${name}': { offset: ${base + field.offset}, type: '${field.type}', count: ${count} },`,
      ];
    });
  const entries = structs.map(
    (struct) =>
      `  ${struct.name}: {\n    size: ${struct.size},\n    fields: {\n${flatten(struct, 0, '').join('\n')}\n    },\n  },`,
  );
  return `/** Size and flat fields of every struct, in bytes from its start. */\nexport const LAYOUT = {\n${entries.join('\n')}\n} as const;\n`;
}

function readerSource(struct: Struct): string {
  const name = `${pascal(struct.name)}Reader`;
  const nested = struct.fields.filter((field) => typeof field.type !== 'string');
  const members = nested.map(
    (field) => `  readonly ${camel(field.name)} = new ${nestedReader(field)}();\n`,
  );
  const moves = nested.map(
    (field) => `    this.${camel(field.name)}.at(view, offset + ${field.offset});\n`,
  );
  const getters = struct.fields
    .filter((field) => typeof field.type === 'string' && !/^pad\d*$/.test(field.name))
    .map(getterSource);
  return `/** struct ${struct.name} */
export class ${name} {
  static readonly SIZE = ${struct.size};
  view: DataView = EMPTY;
  offset = 0;
${members.join('')}
  at(view: DataView, offset: number): this {
    this.view = view;
    this.offset = offset;
${moves.join('')}    return this;
  }
${getters.join('')}}
`;
}

function nestedReader(field: Field): string {
  if (typeof field.type === 'string' || field.dimensions.length > 0) {
    throw new Error(`field ${field.name}: arrays of structs have no reader`);
  }
  return `${pascal(field.type.struct)}Reader`;
}

const GETTERS: Record<Exclude<Scalar, 'char'>, string> = {
  u8: 'getUint8',
  u16: 'getUint16',
  u32: 'getUint32',
  u64: 'getBigUint64',
  s8: 'getInt8',
  s16: 'getInt16',
  s32: 'getInt32',
  s64: 'getBigInt64',
};

function read(type: Scalar, at: string): string {
  if (type === 'char') throw new Error('a single char has no getter: use __u8');
  const bytes = /8$/.test(type) ? at : `${at}, true`;
  return `this.view.${GETTERS[type]}(${bytes})`;
}

function getterSource(field: Field): string {
  const { offset, dimensions } = field;
  if (typeof field.type !== 'string') return '';
  const type = field.type;
  const name = camel(field.name);
  const at = offset === 0 ? 'this.offset' : `this.offset + ${offset}`;
  const get = (suffix: string, result: string, body: string) =>
    `  get ${name}${suffix}(): ${result} {\n    return ${body};\n  }\n`;
  if (dimensions.length === 0) {
    const wide = type === 'u64' || type === 's64';
    if (!wide) return get('', 'number', read(type, at));
    const high = read(type === 'u64' ? 'u32' : 's32', `this.offset + ${offset + 4}`);
    const low = read('u32', at);
    return (
      get('', 'bigint', read(type, at)) +
      get('Number', 'number', `${high} * 0x1_0000_0000 + ${low}`) +
      get('High', 'number', high) +
      get('Low', 'number', low)
    );
  }
  return arraySource(field, type, name, at);
}

function arraySource(field: Field, type: Scalar, name: string, at: string): string {
  const [first = 0, second] = field.dimensions;
  if (type === 'char' && second === undefined) {
    return `  get ${name}(): string {\n    return text(this.view, ${at}, ${first});\n  }\n  /** All bytes in place, past any NUL. */\n  get ${name}Bytes(): Uint8Array {\n    return new Uint8Array(this.view.buffer, this.view.byteOffset + ${at}, ${first});\n  }\n`;
  }
  if (type === 'char') {
    return `  /** One of ${first}. */\n  ${name}(index: number): string {\n    return text(this.view, ${at} + index * ${second}, ${second});\n  }\n`;
  }
  if (type === 'u8') {
    return `  /** The bytes in place, not a copy. */\n  get ${name}(): Uint8Array {\n    return new Uint8Array(this.view.buffer, this.view.byteOffset + ${at}, ${first});\n  }\n  /** Four bytes from \`index\` × 4 on, most significant first. */\n  ${name}Word(index: number): number {\n    return this.view.getUint32(${at} + index * 4);\n  }\n`;
  }
  const result = type.endsWith('64') ? 'bigint' : 'number';
  const stride = Number(type.slice(1)) / 8;
  return `  /** One of ${first}. */\n  ${name}(index: number): ${result} {\n    return ${read(type, `${at} + index * ${stride}`)};\n  }\n`;
}
