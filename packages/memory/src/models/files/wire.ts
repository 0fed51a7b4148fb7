import { SteepestError } from "@steepest/optim";
import type { OpenFile } from "./openFile.js";

/*
 * The wire format of protocol buffers (https://protobuf.dev/programming-guides/encoding), read in place: a
 * model's weights are skipped, never loaded.
 */

/** A part of a file: from `start` up to `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A field of a message: a number, or where its bytes lie. */
export type WireField =
  | { readonly id: number; readonly kind: "number"; readonly value: number }
  | ({ readonly id: number; readonly kind: "bytes" } & Span);

const windowBytes = 65_536;
/** More fields than the largest models have; a file of nothing else would take minutes. */
const mostFields = 20_000_000;
/** Names are short. */
const mostTextBytes = 65_536;

/** Reads messages of one file. */
export class WireReader {
  readonly #file: OpenFile;
  #window: Uint8Array = new Uint8Array();
  #windowStart = 0;
  #fields = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** The whole file. */
  get whole(): Span {
    return { start: 0, end: this.#file.bytes };
  }

  /**
   * The fields of the message that lies in a span, in order.
   * @throws SteepestError `malformed-file` where its bytes are no message
   */
  *fields({ start, end }: Span): Generator<WireField> {
    let at = start;
    while (at < end) {
      if (++this.#fields > mostFields) throw this.#malformed(at, `more than ${mostFields} fields`);
      const [tag, afterTag] = this.#varint(at, end);
      const id = Math.floor(tag / 8);
      switch (tag % 8) {
        case 0: {
          const [value, after] = this.#varint(afterTag, end);
          yield { id, kind: "number", value };
          at = after;
          break;
        }
        case 1:
          at = this.#skip(afterTag, 8, end);
          break;
        case 2: {
          const [length, from] = this.#varint(afterTag, end);
          at = this.#skip(from, length, end);
          yield { id, kind: "bytes", start: from, end: at };
          break;
        }
        case 5:
          at = this.#skip(afterTag, 4, end);
          break;
        default:
          throw this.#malformed(at, `the wire type ${tag % 8}`);
      }
    }
  }

  /** @throws SteepestError `malformed-file` where it is too long for a name or not UTF-8 */
  text({ start, end }: Span): string {
    if (end - start > mostTextBytes) throw this.#malformed(start, `a name of ${end - start} bytes`);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(this.#file.read(start, end - start));
    } catch (error) {
      if (error instanceof SteepestError) throw error;
      throw this.#malformed(start, "a name that is not UTF-8");
    }
  }

  /** The first integers, at most 65, of those that lie without a tag each, one after the other. */
  packed({ start, end }: Span): readonly number[] {
    const values: number[] = [];
    for (let at = start; at < end && values.length <= mostIntegers; ) {
      const [value, after] = this.#varint(at, end);
      values.push(value);
      at = after;
    }
    return values;
  }

  /** The first little-endian integers of 64 bits, at most 64. */
  integers({ start, end }: Span): readonly number[] {
    const bytes = this.#file.read(start, Math.min(end - start, 8 * mostIntegers));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) =>
      Number(view.getBigInt64(8 * i, true)),
    );
  }

  #skip(from: number, length: number, end: number): number {
    if (length > end - from) throw this.#malformed(from, `a field of ${length} bytes in ${end - from}`);
    return from + length;
  }

  /** A varint and where it ends; negative numbers are beyond any size and come out as such. */
  #varint(at: number, end: number): readonly [number, number] {
    let value = 0;
    let factor = 1;
    for (let place = at; place < end && place < at + 10; place++) {
      const byte = this.#byte(place);
      value += (byte % 128) * factor;
      factor *= 128;
      if (byte < 128) return [value, place + 1];
    }
    throw this.#malformed(at, "an integer that does not end");
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowStart + this.#window.length) {
      this.#window = this.#file.read(at, Math.min(windowBytes, this.#file.bytes - at));
      this.#windowStart = at;
    }
    return this.#window[at - this.#windowStart] ?? 0;
  }

  #malformed(at: number, found: string): SteepestError {
    return new SteepestError(
      "malformed-file",
      `${this.#file.path} is not an ONNX file: ${found} at byte ${at}`,
      "The file is damaged or of another format",
    );
  }
}

/** Lists of more integers are no axes and no sizes. */
const mostIntegers = 64;
