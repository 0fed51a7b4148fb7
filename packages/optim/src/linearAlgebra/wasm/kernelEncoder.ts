import { FunctionEncoder, f64, i32, v128 } from "../../backends/wasm/encoder.js";

export const vectorBytes = 16;

/** Four locals, of the rows or columns of a block. */
export type Four = readonly [number, number, number, number];

/** A function that reads its arguments from a descriptor, a row of 32-bit words whose address is local 0. */
export class KernelEncoder extends FunctionEncoder {
  /** Word `index` of the descriptor, in a local. */
  word(index: number): number {
    const local = this.local(i32);
    this.get(0);
    this.i32Load(4 * index);
    this.set(local);
    return local;
  }

  /** Word `index` of the descriptor as a float32 in all lanes of a local. */
  factor(index: number): number {
    const local = this.local(v128);
    this.get(0);
    this.v128LoadSplat(4 * index);
    this.set(local);
    return local;
  }

  integer(): number {
    return this.local(i32);
  }

  double(): number {
    return this.local(f64);
  }

  vector(): number {
    return this.local(v128);
  }

  four(): Four {
    return [this.vector(), this.vector(), this.vector(), this.vector()];
  }

  reset(integer: number): void {
    this.i32Constant(0);
    this.set(integer);
  }

  copy(from: number, to: number): void {
    this.get(from);
    this.set(to);
  }

  /** local += constant. */
  advance(local: number, constant: number): void {
    this.get(local);
    this.i32Constant(constant);
    this.i32Add();
    this.set(local);
  }

  /** local += another local. */
  advanceBy(local: number, other: number): void {
    this.get(local);
    this.get(other);
    this.i32Add();
    this.set(local);
  }

  /** Repeats the body `count` (a local) times; the count ends at 0. */
  times(count: number, body: () => void): void {
    this.whileAtLeast(count, 1, () => {
      body();
      this.advance(count, -1);
    });
  }

  /** Four rows of four become four columns, in `result`; `scratch` is overwritten. */
  transpose([a, b, c, d]: Four, scratch: Four, result: Four): void {
    const mix = (x: number, y: number, lanes: Four, to: number) => {
      this.get(x);
      this.get(y);
      this.shuffle(...lanes);
      this.set(to);
    };
    const [lowAb, lowCd, highAb, highCd] = scratch;
    mix(a, b, [0, 4, 1, 5], lowAb);
    mix(c, d, [0, 4, 1, 5], lowCd);
    mix(a, b, [2, 6, 3, 7], highAb);
    mix(c, d, [2, 6, 3, 7], highCd);
    mix(lowAb, lowCd, [0, 1, 4, 5], result[0]);
    mix(lowAb, lowCd, [2, 3, 6, 7], result[1]);
    mix(highAb, highCd, [0, 1, 4, 5], result[2]);
    mix(highAb, highCd, [2, 3, 6, 7], result[3]);
  }
}
