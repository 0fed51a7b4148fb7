import { simd } from "../../backends/wasm/encoder.js";
import { type Four, KernelEncoder, vectorBytes } from "./kernelEncoder.js";
import { panelRowBytes, panelWidth } from "./layout.js";

/** Rows of a tile; its columns are a panel's, in two halves. */
const tileRows = 4;

const blockBytes = panelWidth * panelRowBytes;

/** What a product becomes: C itself, C with beta · D added, or what is added to C as it is. */
export type ProductForm = "plain" | "add" | "onto";

/**
 * C = alpha · AᵀB (+ beta · D), or C += AᵀB, tile by tile: 4 rows and 8 columns of C in eight registers,
 * summed in the order of the inner index. Words: address of A, B, C and D; inner extent; panels of A and of B;
 * bytes of a panel of A or B, and of C or D; alpha; beta. `symmetric`: C is known to be, so only its panels
 * from the diagonal on are computed, and written again as their transposes.
 */
export function productKernel({
  symmetric = false,
  form,
}: {
  readonly symmetric?: boolean;
  readonly form: ProductForm;
}): KernelEncoder {
  const code = new KernelEncoder();
  const [a, b, c, d] = [code.word(0), code.word(1), code.word(2), code.word(3)];
  const [inner, panelsA, panelsB] = [code.word(4), code.word(5), code.word(6)];
  const [panelBytes, resultBytes] = [code.word(7), code.word(8)];
  const alpha = code.factor(9);
  const beta = code.factor(10);
  const [panelOfA, countA] = [code.integer(), code.integer()];
  const [tile, addend, mirror] = [code.integer(), code.integer(), code.integer()];
  const [left, right, remaining] = [code.integer(), code.integer(), code.integer()];
  const halves: readonly [Four, Four] = [code.four(), code.four()];
  const [factor, low, high] = [code.vector(), code.vector(), code.vector()];

  const offsetOf = (half: number, row: number) => row * panelRowBytes + half * vectorBytes;

  const begin = (firstRow: number) => {
    halves.forEach((registers, half) => {
      registers.forEach((register, row) => {
        if (form === "onto") {
          code.get(tile);
          code.v128Load(offsetOf(half, firstRow + row));
        } else code.f32x4Constant(0);
        code.set(register);
      });
    });
  };

  const accumulate = (register: number, operand: number) => {
    code.get(register);
    code.get(factor);
    code.get(operand);
    code.simd(simd.f32x4Multiply);
    code.simd(simd.f32x4Add);
    code.set(register);
  };

  const sumTile = (firstRow: number) => {
    begin(firstRow);
    code.copy(panelOfA, left);
    code.copy(b, right);
    code.copy(inner, remaining);
    // One inner step an iteration: unrolled, V8 schedules more loads than it has registers for, and takes
    // twice as long.
    code.times(remaining, () => {
      code.get(right);
      code.v128Load(0);
      code.set(low);
      code.get(right);
      code.v128Load(vectorBytes);
      code.set(high);
      for (let row = 0; row < tileRows; row++) {
        code.get(left);
        code.v128LoadSplat(4 * (firstRow + row));
        code.set(factor);
        accumulate(halves[0][row] ?? 0, low);
        accumulate(halves[1][row] ?? 0, high);
      }
      code.advance(left, panelRowBytes);
      code.advance(right, panelRowBytes);
    });
  };

  const storeTile = (firstRow: number) => {
    halves.forEach((registers, half) => {
      registers.forEach((register, row) => {
        const offset = offsetOf(half, firstRow + row);
        code.get(tile);
        code.get(register);
        if (form !== "onto") {
          code.get(alpha);
          code.simd(simd.f32x4Multiply);
        }
        if (form === "add") {
          code.get(addend);
          code.v128Load(offset);
          code.get(beta);
          code.simd(simd.f32x4Multiply);
          code.simd(simd.f32x4Add);
        }
        code.v128Store(offset);
      });
    });
  };

  const scratch = code.four();
  const turned = code.four();
  const storeMirror = (firstRow: number) => {
    halves.forEach((registers, half) => {
      registers.forEach((register, row) => {
        code.get(tile);
        code.v128Load(offsetOf(half, firstRow + row));
        code.set(register);
      });
      code.transpose(registers, scratch, turned);
      turned.forEach((register, row) => {
        code.get(mirror);
        code.get(register);
        code.v128Store((half * tileRows + row) * panelRowBytes + firstRow * 4);
      });
    });
  };

  code.times(panelsB, () => {
    code.copy(a, panelOfA);
    code.copy(panelsA, countA);
    code.copy(c, tile);
    code.copy(d, addend);
    // Row block i of panel j mirrors row block j of panel i: on the diagonal they are one.
    code.copy(c, mirror);
    code.times(countA, () => {
      for (const firstRow of [0, tileRows]) {
        sumTile(firstRow);
        storeTile(firstRow);
      }
      // Only now, since in a block on the diagonal this overwrites what the second tile adds to.
      if (symmetric) for (const firstRow of [0, tileRows]) storeMirror(firstRow);
      code.advanceBy(panelOfA, panelBytes);
      code.advance(tile, blockBytes);
      code.advance(addend, blockBytes);
      code.advanceBy(mirror, resultBytes);
    });
    code.advanceBy(b, panelBytes);
    code.advanceBy(c, resultBytes);
    code.advanceBy(d, resultBytes);
    if (symmetric) {
      // The next column of blocks begins at the diagonal, one block further down.
      code.advanceBy(a, panelBytes);
      code.advance(c, blockBytes);
      code.advance(d, blockBytes);
      code.advance(panelsA, -1);
    }
  });
  return code;
}
