import type { DType } from "../tensor/tensor.js";

/**
 * ONNX's numbers for element types (`TensorProto.DataType`): ours, and uint32, in which only random numbers
 * are computed.
 */
export const onnxDataType = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  uint32: 12,
} as const satisfies Readonly<Record<DType | "uint32", number>>;
