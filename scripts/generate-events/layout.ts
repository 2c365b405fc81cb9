// Turns the BTF of bpf/layout.c into a plain description of every record: the stop
// between the C compiler and scripts/generate-events/readers.ts.
import { createHash } from 'node:crypto';

/** A type as `bpftool btf dump … format raw -j` prints it. */
interface BtfType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly type_id?: number;
  readonly size?: number;
  readonly encoding?: string;
  readonly nr_elems?: number;
  readonly members?: readonly { name: string; type_id: number; bits_offset: number }[];
  readonly values?: readonly { name: string; val: number }[];
}

export type Scalar = 'u8' | 'u16' | 'u32' | 'u64' | 's8' | 's16' | 's32' | 's64' | 'char';

export interface Field {
  readonly name: string;
  readonly offset: number;
  /** A scalar, or the name of a struct. */
  readonly type: Scalar | { readonly struct: string };
  /** Array dimensions, outermost first; empty for a single value. */
  readonly dimensions: readonly number[];
}

export interface Struct {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly Field[];
}

export interface Enumeration {
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

export interface Layout {
  readonly enums: readonly Enumeration[];
  readonly structs: readonly Struct[];
}

/** Reads the layout out of bpftool's JSON. Throws when a type is outside the rules of events.h. */
export function layoutFromBtf(json: string): Layout {
  const parsed: { types: BtfType[] } = JSON.parse(json);
  const byId = new Map(parsed.types.map((type) => [type.id, type]));
  const enums: Enumeration[] = [];
  const structs: Struct[] = [];
  for (const type of parsed.types) {
    if (type.kind === 'ENUM') {
      const values = (type.values ?? []).map(({ name, val }) => ({ name, value: val }));
      enums.push({ name: type.name, values });
    } else if (type.kind === 'STRUCT') {
      structs.push(structFromBtf(type, byId));
    }
  }
  return { enums: inOrder(enums), structs: inOrder(structs) };
}

function inOrder<T extends { name: string }>(items: T[]): T[] {
  return items.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function structFromBtf(type: BtfType, byId: ReadonlyMap<number, BtfType>): Struct {
  const size = type.size ?? 0;
  if (size % 8 !== 0) throw new Error(`struct ${type.name}: ${size} bytes is not a multiple of 8`);
  let end = 0;
  const fields = (type.members ?? []).map((member) => {
    const offset = member.bits_offset / 8;
    if (offset !== end) {
      throw new Error(
        `struct ${type.name}: ${offset - end} bytes of padding before ${member.name} must be a field`,
      );
    }
    const { type: fieldType, dimensions, bytes } = resolve(member.type_id, byId);
    end = offset + bytes;
    return { name: member.name, offset, type: fieldType, dimensions };
  });
  if (end !== size)
    throw new Error(`struct ${type.name}: ${size - end} bytes at its end must be a field`);
  return { name: type.name, size, fields };
}

function resolve(
  id: number,
  byId: ReadonlyMap<number, BtfType>,
): { type: Field['type']; dimensions: number[]; bytes: number } {
  const type = byId.get(id);
  if (!type) throw new Error(`BTF has no type ${id}`);
  const target = type.type_id ?? 0;
  if (type.kind === 'TYPEDEF') return resolve(target, byId);
  if (type.kind === 'ARRAY') {
    const element = resolve(target, byId);
    const count = type.nr_elems ?? 0;
    return {
      type: element.type,
      dimensions: [count, ...element.dimensions],
      bytes: count * element.bytes,
    };
  }
  const bytes = type.size ?? 0;
  if (type.kind === 'STRUCT') return { type: { struct: type.name }, dimensions: [], bytes };
  if (type.kind === 'INT') return { type: scalar(type), dimensions: [], bytes };
  throw new Error(
    `events.h uses ${type.kind} ${type.name}: only fixed-width integers, char, arrays and structs`,
  );
}

function scalar(type: BtfType): Scalar {
  if (type.name === 'char') return 'char';
  const sign = type.encoding?.includes('SIGNED') ? 's' : 'u';
  const bits = (type.size ?? 0) * 8;
  if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return `${sign}${bits}`;
  throw new Error(`integer ${type.name} has ${bits} bits`);
}

/** The layout as text: what the hash is taken over, the same whatever compiler made the BTF. */
export function canonical(layout: Layout): string {
  const lines: string[] = [];
  for (const { name, values } of layout.enums) {
    lines.push(`enum ${name} ${values.map((v) => `${v.name}=${v.value}`).join(' ')}`);
  }
  for (const { name, size, fields } of layout.structs) {
    lines.push(`struct ${name} ${size}`);
    for (const field of fields) {
      const type = typeof field.type === 'string' ? field.type : `struct ${field.type.struct}`;
      lines.push(
        `  ${field.offset} ${type}${field.dimensions.map((n) => `[${n}]`).join('')} ${field.name}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** SHA-256 of the canonical layout, in hex. */
export function layoutHash(layout: Layout): string {
  return createHash('sha256').update(canonical(layout)).digest('hex');
}
