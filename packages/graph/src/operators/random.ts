import { GraphError } from "../errors/errors.js";
import { onnxDataType } from "../onnx/dataType.js";
import type { Operator } from "../tensor/operator.js";
import { elementCount, type Shape } from "../tensor/shape.js";
import { applySingle, type Operand, type Tensor, toTensor } from "../tensor/tensor.js";
import { indexTypes, requireTypes } from "./shared/elementTypes.js";

/**
 * Rounds of the hash: h ← (h ⊕ h >> shift) · factor modulo 2³². Constants: Wellons' "lowbias32"
 * (hash-prospector).
 */
const rounds = [
  { shift: 16, factor: 0x7feb352d },
  { shift: 15, factor: 0x846ca68b },
] as const;

/**
 * Keys count modulo this prime near 2³²/φ. Unlike cutting off the upper half it uses all 64 bits, and keys
 * a·2³² + b of two counters a and b meet again only far apart: a·2³² modulo the prime spreads as multiples of
 * φ do.
 */
const keyModulus = 2654435761;

/** Marks indices before they are hashed, so that index 0 does not stay 0: the golden ratio's bits. */
const indexMark = 0x9e3779b9;

type UniformAttributes = { readonly shape: Shape };

/** Two rounds, which spread every bit of the argument over the upper bits of the result. */
function hash(value: number): number {
  return rounds.reduce((h, { shift, factor }) => Math.imul(h ^ (h >>> shift), factor) >>> 0, value >>> 0);
}

/** Hashes the index of each element, and that hash with the key. */
export const uniformOperator: Operator<UniformAttributes> = {
  name: "uniform",
  infer: (inputs, { shape }) => {
    requireTypes("uniform", inputs, indexTypes, "the key's element type");
    if (inputs.some((key) => elementCount(key.shape) !== 1)) {
      throw new GraphError(
        "shape-mismatch",
        "uniform: the key has several elements",
        "Use one number per call",
      );
    }
    return [{ shape, dtype: "float32" }];
  },
  gradient: () => [],
  toOnnx: (emitter, [key = ""], { attributes: { shape } }) => {
    const cast = (x: string, to: keyof typeof onnxDataType) =>
      emitter.node("Cast", [x], { attributes: { to: { int: onnxDataType[to] } } });
    const integer = (value: number, dtype: "int32" | "int64") => emitter.constant([value], [], dtype);
    const unsigned = (value: number) => cast(integer(value, "int64"), "uint32");
    const shiftRight = (x: string, bits: number) =>
      emitter.node("BitShift", [x, unsigned(bits)], { attributes: { direction: { string: "RIGHT" } } });
    const hashed = (x: string) =>
      rounds.reduce((h, { shift, factor }) => {
        const mixed = emitter.node("BitwiseXor", [h, shiftRight(h, shift)]);
        return emitter.node("Mul", [mixed, unsigned(factor)]);
      }, x);

    // Of these nodes ONNX Runtime makes one constant when it loads the model: they do not depend on the key.
    const range = emitter.node("Range", [
      integer(0, "int32"),
      integer(elementCount(shape), "int32"),
      integer(1, "int32"),
    ]);
    const indices = hashed(emitter.node("BitwiseXor", [cast(range, "uint32"), unsigned(indexMark)]));

    const long = cast(emitter.node("Reshape", [key, emitter.constant([], [0], "int64")]), "int64");
    const short = cast(emitter.node("Mod", [long, integer(keyModulus, "int64")]), "uint32");
    const bits = shiftRight(hashed(emitter.node("BitwiseXor", [indices, short])), 8);
    const flat = emitter.node("Mul", [cast(bits, "float32"), emitter.constant([2 ** -24], [], "float32")]);
    return [emitter.node("Reshape", [flat, emitter.constant(shape, [shape.length], "int64")])];
  },
  evaluate: ([key], { attributes: { shape } }) => {
    const remainder = (key?.data[0] ?? 0) % keyModulus;
    const short = remainder < 0 ? remainder + keyModulus : remainder;
    return [
      Float64Array.from(
        { length: elementCount(shape) },
        (_, index) => (hash(hash(index ^ indexMark) ^ short) >>> 8) * 2 ** -24,
      ),
    ];
  },
};

/**
 * Uniform random numbers in [0, 1), multiples of 2⁻²⁴: a pure function of the key and of the element's index,
 * the same numbers in ONNX Runtime and in the reference interpreter. No state: feed another key at every
 * step.
 *
 * @param key an int32 or int64 tensor of one element (any integer, also negative); different keys, modulo
 *   2654435761, give independent numbers
 * @param shape of the result, with less than 2³¹ elements
 * @throws GraphError `dtype-mismatch` or `shape-mismatch` for another key
 */
export function uniform(key: Operand, shape: Shape): Tensor {
  return applySingle(uniformOperator, [toTensor(key, "int64")], { shape });
}

export const randomOperators: readonly Operator[] = [uniformOperator];
