import type { ElementEmitter } from "./elements.js";
import { type FunctionEncoder, f64, i32, simd, v128 } from "./encoder.js";
import type { LoweredSum } from "./lower.js";

/** A sum while the loops run. */
export interface Accumulator {
  /** Adds the terms of a copy of the loop's body. */
  add(emitter: ElementEmitter, copy: number): void;
  /** Adds the term of one element. */
  addSingle(emitter: ElementEmitter): void;
  /** Leaves the float64 total on the stack; `elements` leaves their number as an integer. */
  total(emitter: ElementEmitter, elements: () => void): void;
}

/** Vectors for all sums together that leave enough registers for the rest. */
const vectorsAtMost = 8;

/**
 * Accumulators of a phase's sums; a loop of so many copies takes several of one in turn where there are
 * registers.
 */
export function accumulatorsOf(
  code: FunctionEncoder,
  sums: readonly LoweredSum[],
  copies: number,
): readonly Accumulator[] {
  const halves = 2 * sums.filter(({ term }) => term !== "each").length;
  const inTurn = Math.max(1, Math.min(copies, Math.floor(vectorsAtMost / halves)));
  return sums.map((sum) => {
    switch (sum.term) {
      case "each":
        return each(code, sum);
      case "count":
        return count(code, sum);
      default:
        return floatSum(code, sum, inTurn);
    }
  });
}

/** The same value for every element: multiplied by their number. */
const each = (code: FunctionEncoder, { operands }: LoweredSum): Accumulator => ({
  add: () => {},
  addSingle: () => {},
  total: (emitter, elements) => {
    for (const local of emitter.materialise(operands)) code.get(local);
    code.simd(simd.promoteLow);
    code.f64x2ExtractLane(0);
    elements();
    code.f64FromUnsigned();
    code.f64Multiply();
  },
});

/** How many lanes of a mask are set: each such lane is −1 as an integer. */
function count(code: FunctionEncoder, { operands }: LoweredSum): Accumulator {
  const vector = code.local(v128);
  const rest = code.local(i32);
  return {
    add: (emitter) => {
      code.get(vector);
      for (const local of emitter.materialise(operands)) code.get(local);
      code.simd(simd.i32x4Subtract);
      code.set(vector);
    },
    addSingle: (emitter) => {
      code.get(rest);
      for (const local of emitter.materialise(operands)) code.get(local);
      code.i32x4ExtractLane(0);
      code.i32Subtract();
      code.set(rest);
    },
    total: () => {
      code.get(rest);
      for (const lane of [0, 1, 2, 3] as const) {
        code.get(vector);
        code.i32x4ExtractLane(lane);
        code.i32Add();
      }
      code.f64FromUnsigned();
    },
  };
}

/** Terms of lanes 0 and 1 and of lanes 2 and 3 in float64, or of all four in float32. */
function floatSum(code: FunctionEncoder, sum: LoweredSum, inTurn: number): Accumulator {
  const inFloat32 = sum.term === "zeroOrNaN";
  const addition = inFloat32 ? simd.f32x4Add : simd.f64x2Add;
  const accumulators = Array.from({ length: inTurn }, () =>
    Array.from({ length: inFloat32 ? 1 : 2 }, () => code.local(v128)),
  );
  const single = code.local(f64);
  /** Leaves two float64 terms on the stack: of lanes 0 and 1 (`half` 0) or 2 and 3. */
  const terms = (operands: readonly number[], half: number) => {
    for (const local of operands) {
      code.get(local);
      if (half === 1) code.upperHalf(local);
      code.simd(simd.promoteLow);
    }
    if (sum.term === "product") code.simd(simd.f64x2Multiply);
    if (sum.term === "absolute") code.simd(simd.f64x2Absolute);
  };
  return {
    add: (emitter, copy) => {
      const operands = emitter.materialise(sum.operands);
      accumulators[copy % inTurn]?.forEach((accumulator, half) => {
        if (inFloat32) for (const local of operands) code.get(local);
        else terms(operands, half);
        code.get(accumulator);
        code.simd(addition);
        code.set(accumulator);
      });
    },
    addSingle: (emitter) => {
      terms(emitter.materialise(sum.operands), 0);
      code.f64x2ExtractLane(0);
      code.get(single);
      code.f64Add();
      code.set(single);
    },
    total: () => {
      accumulators.flat().forEach((accumulator, position) => {
        code.get(accumulator);
        if (position > 0) code.simd(addition);
      });
      const vector = code.local(v128);
      if (inFloat32) {
        code.tee(vector);
        code.simd(simd.promoteLow);
        code.get(vector);
        code.upperHalf(vector);
        code.simd(simd.promoteLow);
        code.simd(simd.f64x2Add);
      }
      code.tee(vector);
      code.f64x2ExtractLane(0);
      code.get(vector);
      code.f64x2ExtractLane(1);
      code.f64Add();
      code.get(single);
      code.f64Add();
    },
  };
}
