import { simd } from "../../../backends/wasm/encoder.js";
import { type Four, KernelEncoder, vectorBytes } from "../kernelEncoder.js";
import { blockRows, doubleBytes, stripColumns } from "./layout.js";

/*
 * The inner loops of a symmetric eigendecomposition, in float64, on matrices in rows. Rows and columns come
 * in blocks of four; whoever calls pads with zeros.
 */

const blockBytes = blockRows * doubleBytes;

/** Addresses of four neighbouring rows, advanced together. */
class FourRows {
  readonly code: KernelEncoder;
  readonly addresses: Four;

  constructor(code: KernelEncoder) {
    this.code = code;
    this.addresses = [code.integer(), code.integer(), code.integer(), code.integer()];
  }

  /** The four rows from an address on. */
  start(first: number, rowBytes: number): void {
    let previous = first;
    for (const [index, address] of this.addresses.entries()) {
      this.code.copy(previous, address);
      if (index > 0) this.code.advanceBy(address, rowBytes);
      previous = address;
    }
  }

  advance(bytes: number): void {
    for (const address of this.addresses) this.code.advance(address, bytes);
  }
}

function load(code: KernelEncoder, address: number, offset: number, into: number): void {
  code.get(address);
  code.v128Load(offset);
  code.set(into);
}

function loadSplats(code: KernelEncoder, address: number, into: Four): void {
  for (const [index, register] of into.entries()) {
    code.get(address);
    code.v128LoadDoubleSplat(index * doubleBytes);
    code.set(register);
  }
}

/** sum ← sum ± a·b. */
function multiplyInto(
  code: KernelEncoder,
  sum: number,
  a: number,
  b: number,
  operation: "add" | "subtract" = "add",
): void {
  code.get(sum);
  code.get(a);
  code.get(b);
  code.simd(simd.f64x2Multiply);
  code.simd(operation === "add" ? simd.f64x2Add : simd.f64x2Subtract);
  code.set(sum);
}

function clear(code: KernelEncoder, registers: Four): void {
  for (const register of registers) {
    code.f32x4Constant(0);
    code.set(register);
  }
}

/** The sums of both lanes of two registers, as one. */
function sumLanes(code: KernelEncoder, a: number, b: number): void {
  code.get(a);
  code.get(b);
  code.shuffle(0, 1, 4, 5);
  code.get(a);
  code.get(b);
  code.shuffle(2, 3, 6, 7);
  code.simd(simd.f64x2Add);
}

/**
 * p = A v of a symmetric matrix of which the blocks on and below the diagonal are read. Words: addresses of
 * A, v and p; blocks; bytes of a row.
 */
export function symmetricVectorKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [a, v, p] = [code.word(0), code.word(1), code.word(2)];
  const [blocks, rowBytes] = [code.word(3), code.word(4)];
  const [inner, remaining] = [code.integer(), code.integer()];
  const [vector, image, ownVector] = [code.integer(), code.integer(), code.integer()];
  const rows = new FourRows(code);
  const [own, sums] = [code.four(), code.four()];
  const [entry, factor, result] = [code.vector(), code.vector(), code.vector()];
  code.copy(v, ownVector);
  code.times(blocks, () => {
    rows.start(a, rowBytes);
    loadSplats(code, ownVector, own);
    clear(code, sums);
    code.copy(v, vector);
    code.copy(p, image);
    code.copy(inner, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        load(code, vector, offset, factor);
        load(code, image, offset, result);
        for (const [index, row] of rows.addresses.entries()) {
          load(code, row, offset, entry);
          multiplyInto(code, sums[index] ?? 0, entry, factor);
          multiplyInto(code, result, entry, own[index] ?? 0);
        }
        code.get(image);
        code.get(result);
        code.v128Store(offset);
      }
      code.advance(vector, blockBytes);
      code.advance(image, blockBytes);
      rows.advance(blockBytes);
    });
    for (const offset of [0, vectorBytes]) {
      load(code, vector, offset, factor);
      for (const [index, row] of rows.addresses.entries()) {
        load(code, row, offset, entry);
        multiplyInto(code, sums[index] ?? 0, entry, factor);
      }
    }
    for (const [half, offset] of [0, vectorBytes].entries()) {
      code.get(image);
      sumLanes(code, sums[2 * half] ?? 0, sums[2 * half + 1] ?? 0);
      code.v128Store(offset);
    }
    code.advance(ownVector, blockBytes);
    code.advance(inner, 1);
    for (let row = 0; row < blockRows; row++) code.advanceBy(a, rowBytes);
  });
  return code;
}

/**
 * A ← A − v wᵀ − w vᵀ in the blocks on and below the diagonal. Words: addresses of A, v and w; blocks; bytes
 * of a row.
 */
export function symmetricUpdateKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [a, v, w] = [code.word(0), code.word(1), code.word(2)];
  const [blocks, rowBytes] = [code.word(3), code.word(4)];
  const [inner, remaining] = [code.integer(), code.integer()];
  const [left, right, ownLeft, ownRight] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const rows = new FourRows(code);
  const [ownV, ownW] = [code.four(), code.four()];
  const [entry, otherV, otherW] = [code.vector(), code.vector(), code.vector()];
  code.copy(v, ownLeft);
  code.copy(w, ownRight);
  code.times(blocks, () => {
    rows.start(a, rowBytes);
    loadSplats(code, ownLeft, ownV);
    loadSplats(code, ownRight, ownW);
    code.copy(v, left);
    code.copy(w, right);
    code.advance(inner, 1);
    code.copy(inner, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        load(code, left, offset, otherV);
        load(code, right, offset, otherW);
        for (const [index, row] of rows.addresses.entries()) {
          load(code, row, offset, entry);
          multiplyInto(code, entry, ownV[index] ?? 0, otherW, "subtract");
          multiplyInto(code, entry, ownW[index] ?? 0, otherV, "subtract");
          code.get(row);
          code.get(entry);
          code.v128Store(offset);
        }
      }
      code.advance(left, blockBytes);
      code.advance(right, blockBytes);
      rows.advance(blockBytes);
    });
    code.advance(ownLeft, blockBytes);
    code.advance(ownRight, blockBytes);
    for (let row = 0; row < blockRows; row++) code.advanceBy(a, rowBytes);
  });
  return code;
}

/**
 * Every row x ← x − (x·v) v. Words: addresses of the rows and of v; blocks of rows; blocks of columns; bytes
 * of a row.
 */
export function reflectRowsKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [a, v, blocks] = [code.word(0), code.word(1), code.word(2)];
  const [inner, rowBytes] = [code.word(3), code.word(4)];
  const [vector, remaining] = [code.integer(), code.integer()];
  const rows = new FourRows(code);
  const sums = code.four();
  const [entry, factor, pair] = [code.vector(), code.vector(), code.vector()];
  code.times(blocks, () => {
    rows.start(a, rowBytes);
    clear(code, sums);
    code.copy(v, vector);
    code.copy(inner, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        load(code, vector, offset, factor);
        for (const [index, row] of rows.addresses.entries()) {
          load(code, row, offset, entry);
          multiplyInto(code, sums[index] ?? 0, entry, factor);
        }
      }
      code.advance(vector, blockBytes);
      rows.advance(blockBytes);
    });
    for (const first of [0, 2]) {
      sumLanes(code, sums[first] ?? 0, sums[first + 1] ?? 0);
      code.set(pair);
      for (const lane of [0, 1]) {
        code.get(pair);
        code.get(pair);
        code.shuffle(2 * lane, 2 * lane + 1, 2 * lane, 2 * lane + 1);
        code.set(sums[first + lane] ?? 0);
      }
    }
    rows.start(a, rowBytes);
    code.copy(v, vector);
    code.copy(inner, remaining);
    code.times(remaining, () => {
      for (const offset of [0, vectorBytes]) {
        load(code, vector, offset, factor);
        for (const [index, row] of rows.addresses.entries()) {
          load(code, row, offset, entry);
          multiplyInto(code, entry, factor, sums[index] ?? 0, "subtract");
          code.get(row);
          code.get(entry);
          code.v128Store(offset);
        }
      }
      code.advance(vector, blockBytes);
      rows.advance(blockBytes);
    });
    for (let row = 0; row < blockRows; row++) code.advanceBy(a, rowBytes);
  });
  return code;
}

/**
 * Rotations of rows 0 and 1, then 1 and 2, and so on, without their scales: (u, w) ← (u + aw, w − bu). A
 * strip of columns stays in registers while they run down. Words: address of row 0; of the pairs (a, b);
 * their number; strips of columns; bytes of a row.
 */
export function rotateRowsKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [first, pairs, count] = [code.word(0), code.word(1), code.word(2)];
  const [strips, rowBytes] = [code.word(3), code.word(4)];
  const [row, next, pair, remaining] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const upper = [...code.four(), ...code.four()];
  const [lower, ofLower, ofUpper] = [code.vector(), code.vector(), code.vector()];
  code.times(strips, () => {
    code.copy(first, row);
    code.copy(pairs, pair);
    code.copy(count, remaining);
    for (const [index, register] of upper.entries()) load(code, row, index * vectorBytes, register);
    code.times(remaining, () => {
      code.copy(row, next);
      code.advanceBy(next, rowBytes);
      code.get(pair);
      code.v128LoadDoubleSplat(0);
      code.set(ofLower);
      code.get(pair);
      code.v128LoadDoubleSplat(doubleBytes);
      code.set(ofUpper);
      for (const [index, register] of upper.entries()) {
        load(code, next, index * vectorBytes, lower);
        code.get(row);
        code.get(register);
        code.get(lower);
        code.get(ofLower);
        code.simd(simd.f64x2Multiply);
        code.simd(simd.f64x2Add);
        code.v128Store(index * vectorBytes);
        multiplyInto(code, lower, register, ofUpper, "subtract");
        code.copy(lower, register);
      }
      code.copy(next, row);
      code.advance(pair, 2 * doubleBytes);
    });
    for (const [index, register] of upper.entries()) {
      code.get(row);
      code.get(register);
      code.v128Store(index * vectorBytes);
    }
    code.advance(first, stripColumns * doubleBytes);
  });
  return code;
}

/**
 * C = SᵀS in the blocks on and below the diagonal, each of four rows and four columns. Words: addresses of S
 * and C; rows of S; blocks; bytes of a row of either.
 */
export function columnGramKernel(): KernelEncoder {
  const code = new KernelEncoder();
  const [s, c, inner] = [code.word(0), code.word(1), code.word(2)];
  const [blocks, rowBytes] = [code.word(3), code.word(4)];
  const [own, other, ownRow, otherRow] = [code.integer(), code.integer(), code.integer(), code.integer()];
  const [done, columns, remaining] = [code.integer(), code.integer(), code.integer()];
  const target = code.integer();
  const rows = new FourRows(code);
  const halves: readonly [Four, Four] = [code.four(), code.four()];
  const [low, high, factor] = [code.vector(), code.vector(), code.vector()];
  code.copy(s, own);
  code.times(blocks, () => {
    code.advance(done, 1);
    code.copy(done, columns);
    code.copy(s, other);
    code.copy(c, target);
    code.times(columns, () => {
      for (const half of halves) clear(code, half);
      code.copy(own, ownRow);
      code.copy(other, otherRow);
      code.copy(inner, remaining);
      code.times(remaining, () => {
        load(code, otherRow, 0, low);
        load(code, otherRow, vectorBytes, high);
        for (let row = 0; row < blockRows; row++) {
          code.get(ownRow);
          code.v128LoadDoubleSplat(row * doubleBytes);
          code.set(factor);
          multiplyInto(code, halves[0][row] ?? 0, factor, low);
          multiplyInto(code, halves[1][row] ?? 0, factor, high);
        }
        code.advanceBy(ownRow, rowBytes);
        code.advanceBy(otherRow, rowBytes);
      });
      rows.start(target, rowBytes);
      for (const [index, row] of rows.addresses.entries())
        for (const [half, registers] of halves.entries()) {
          code.get(row);
          code.get(registers[index] ?? 0);
          code.v128Store(half * vectorBytes);
        }
      code.advance(other, blockBytes);
      code.advance(target, blockBytes);
    });
    code.advance(own, blockBytes);
    for (let row = 0; row < blockRows; row++) code.advanceBy(c, rowBytes);
  });
  return code;
}
