/*
 * The few parts of the WebAssembly binary format that kernels need (WebAssembly core specification 2.0,
 * chapter 5).
 */

/** Value types. */
export const i32 = 0x7f;
export const f64 = 0x7c;
export const v128 = 0x7b;
export type ValueType = typeof i32 | typeof f64 | typeof v128;

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
};

const signed = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
};

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];

const name = (text: string): number[] => {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
};

const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];

/** SIMD instructions of four float32 or two float64 lanes, by the number after the 0xfd prefix. */
export const simd = {
  f32x4Equal: 0x41,
  f32x4NotEqual: 0x42,
  f32x4Greater: 0x44,
  f32x4GreaterEqual: 0x46,
  and: 0x4e,
  andNot: 0x4f,
  or: 0x50,
  bitSelect: 0x52,
  anyTrue: 0x53,
  promoteLow: 0x5f,
  f32x4Floor: 0x68,
  f32x4Nearest: 0x6a,
  i32x4ShiftLeft: 0xab,
  i32x4ShiftRightSigned: 0xac,
  i32x4Add: 0xae,
  i32x4Subtract: 0xb1,
  f32x4Absolute: 0xe0,
  f32x4Negate: 0xe1,
  f32x4SquareRoot: 0xe3,
  f32x4Add: 0xe4,
  f32x4Subtract: 0xe5,
  f32x4Multiply: 0xe6,
  f32x4Divide: 0xe7,
  f32x4PseudoMinimum: 0xea,
  f32x4PseudoMaximum: 0xeb,
  f64x2Absolute: 0xec,
  f64x2Add: 0xf0,
  f64x2Subtract: 0xf1,
  f64x2Multiply: 0xf2,
  f32x4FromIntegers: 0xfa,
} as const;
export type SimdInstruction = (typeof simd)[keyof typeof simd];

/** A function's instructions, built front to back. Its one parameter, local 0, is an i32. */
export class FunctionEncoder {
  readonly #locals: ValueType[] = [];
  readonly #code: number[] = [];

  /** A new local variable; its index. */
  local(type: ValueType): number {
    return this.#locals.push(type);
  }

  get(local: number): void {
    this.#code.push(0x20, ...unsigned(local));
  }

  set(local: number): void {
    this.#code.push(0x21, ...unsigned(local));
  }

  tee(local: number): void {
    this.#code.push(0x22, ...unsigned(local));
  }

  i32Constant(value: number): void {
    this.#code.push(0x41, ...signed(value));
  }

  i32Load(offset: number): void {
    this.#code.push(0x28, 2, ...unsigned(offset));
  }

  i32Add(): void {
    this.#code.push(0x6a);
  }

  i32Subtract(): void {
    this.#code.push(0x6b);
  }

  i32And(): void {
    this.#code.push(0x71);
  }

  i32ShiftLeft(): void {
    this.#code.push(0x74);
  }

  i32ShiftRight(): void {
    this.#code.push(0x75);
  }

  i32GreaterSigned(): void {
    this.#code.push(0x4a);
  }

  i32GreaterEqualSigned(): void {
    this.#code.push(0x4e);
  }

  f64Load(offset: number): void {
    this.#code.push(0x2b, 3, ...unsigned(offset));
  }

  f64Constant(value: number): void {
    this.#code.push(0x44, ...new Uint8Array(new Float64Array([value]).buffer));
  }

  f64GreaterEqual(): void {
    this.#code.push(0x66);
  }

  f64Greater(): void {
    this.#code.push(0x64);
  }

  f64Absolute(): void {
    this.#code.push(0x99);
  }

  f64Negate(): void {
    this.#code.push(0x9a);
  }

  f64SquareRoot(): void {
    this.#code.push(0x9f);
  }

  f64Add(): void {
    this.#code.push(0xa0);
  }

  f64Subtract(): void {
    this.#code.push(0xa1);
  }

  f64Divide(): void {
    this.#code.push(0xa3);
  }

  f64Multiply(): void {
    this.#code.push(0xa2);
  }

  f64FromUnsigned(): void {
    this.#code.push(0xb8);
  }

  f64Store(offset: number): void {
    this.#code.push(0x39, 3, ...unsigned(offset));
  }

  simd(instruction: SimdInstruction): void {
    this.#code.push(0xfd, ...unsigned(instruction));
  }

  v128Load(offset: number): void {
    this.#code.push(0xfd, 0x00, 2, ...unsigned(offset));
  }

  /** One float32 into lane 0, zeros elsewhere. */
  v128LoadLane0(offset: number): void {
    this.#code.push(0xfd, 0x5c, 2, ...unsigned(offset));
  }

  /** One float32 into all four lanes. */
  v128LoadSplat(offset: number): void {
    this.#code.push(0xfd, 0x09, 2, ...unsigned(offset));
  }

  /** One float64 into both lanes. */
  v128LoadDoubleSplat(offset: number): void {
    this.#code.push(0xfd, 0x0a, 3, ...unsigned(offset));
  }

  v128Store(offset: number): void {
    this.#code.push(0xfd, 0x0b, 2, ...unsigned(offset));
  }

  /** Lane 0, one float32. */
  v128StoreLane0(offset: number): void {
    this.#code.push(0xfd, 0x5a, 2, ...unsigned(offset), 0);
  }

  f32x4Constant(value: number): void {
    const lane = new Uint8Array(new Float32Array([value]).buffer);
    this.#code.push(0xfd, 0x0c, ...lane, ...lane, ...lane, ...lane);
  }

  /** Lanes 2 and 3 of the vector on the stack, of which `local` is a copy, into lanes 0 and 1. */
  upperHalf(local: number): void {
    this.get(local);
    this.#code.push(0xfd, 0x0d, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  }

  /**
   * Four of the eight float32 lanes of the two vectors on the stack: 0 to 3 of the first, 4 to 7 of the
   * second.
   */
  shuffle(...lanes: readonly [number, number, number, number]): void {
    this.#code.push(0xfd, 0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)));
  }

  i32x4ExtractLane(lane: 0 | 1 | 2 | 3): void {
    this.#code.push(0xfd, 0x1b, lane);
  }

  /** The float64 on the stack into both lanes. */
  f64x2Splat(): void {
    this.#code.push(0xfd, 0x14);
  }

  f64x2ExtractLane(lane: 0 | 1): void {
    this.#code.push(0xfd, 0x21, lane);
  }

  /** Of the two below it on the stack, the first where the integer on top is not 0, else the second. */
  select(): void {
    this.#code.push(0x1b);
  }

  /** Runs `body` where the integer on the stack is not 0. */
  when(body: () => void): void {
    this.#code.push(0x04, 0x40); // if
    body();
    this.#code.push(0x0b); // end if
  }

  /** Repeats `body` while the signed local `remaining` is at least `least`. */
  whileAtLeast(remaining: number, least: number, body: () => void): void {
    this.get(remaining);
    this.i32Constant(least);
    this.i32GreaterEqualSigned();
    this.when(() => {
      this.#code.push(0x03, 0x40); // loop
      body();
      this.get(remaining);
      this.i32Constant(least);
      this.i32GreaterEqualSigned();
      this.#code.push(0x0d, 0); // br_if: again
      this.#code.push(0x0b); // end loop
    });
  }

  encode(): number[] {
    const locals = this.#locals.map((type) => [1, type]);
    const content = [...vector(locals), ...this.#code, 0x0b];
    return [...unsigned(content.length), ...content];
  }
}

/**
 * A module of functions from one i32 to nothing, exported by index ("0", "1", ...), over the imported memory
 * `arena.memory`.
 */
export function encodeModule(functions: readonly FunctionEncoder[]): Uint8Array<ArrayBuffer> {
  const indices = functions.map((_, index) => index);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 1, i32, 0]])),
    ...section(2, vector([[...name("arena"), ...name("memory"), 0x02, 0x00, 0]])),
    ...section(3, vector(indices.map(() => [0]))),
    ...section(7, vector(indices.map((index) => [...name(String(index)), 0x00, ...unsigned(index)]))),
    ...section(10, vector(functions.map((one) => one.encode()))),
  ]);
}
