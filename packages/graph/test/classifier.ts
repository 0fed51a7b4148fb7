import { gradients } from "../src/differentiate/gradients.js";
import { add, divide, multiply } from "../src/operators/binary.js";
import { gather, oneHot } from "../src/operators/indexing.js";
import { matmul } from "../src/operators/matmul.js";
import { logSoftmax } from "../src/operators/normalisation.js";
import { mean, sum } from "../src/operators/reductions.js";
import { cast } from "../src/operators/select.js";
import { negate, relu } from "../src/operators/unary.js";
import { input, parameter, type Tensor } from "../src/tensor/tensor.js";
import { wave } from "./arrays.js";

/**
 * The training step of a two-layer classifier of images, as the workloads build it: rows of a uint8 data set
 * gathered by index, cross-entropy from logits, and the derivatives by all four parameters.
 */
export function classifier(extents: {
  readonly images: number;
  readonly pixels: number;
  readonly hidden: number;
  readonly classes: number;
  readonly batch: number;
}) {
  const { images, pixels, hidden, classes, batch } = extents;
  const index = input("index", [batch], "int32");
  const x = divide(cast(gather(input("images", [images, pixels], "uint8"), index), "float32"), 255);
  const labels = gather(input("labels", [images], "int32"), index);
  const weight0 = parameter("layers.0.weight", [pixels, hidden]);
  const bias0 = parameter("layers.0.bias", [hidden]);
  const weight1 = parameter("layers.1.weight", [hidden, classes]);
  const bias1 = parameter("layers.1.bias", [classes]);
  const activations = relu(add(matmul(x, weight0), bias0));
  const logits = add(matmul(activations, weight1), bias1);
  const logLikelihood = sum(multiply(logSoftmax(logits), oneHot(labels, classes)), { axes: [-1] });
  const loss = negate(mean(logLikelihood));
  const wrt = { weight0, bias0, weight1, bias1 };
  const derivatives = gradients(loss, Object.values(wrt));
  const outputs: Record<string, Tensor> = { loss };
  Object.keys(wrt).forEach((name, i) => {
    const derivative = derivatives[i];
    if (derivative !== undefined) outputs[`d_${name}`] = derivative;
  });
  const feeds = {
    images: Uint8Array.from({ length: images * pixels }, (_, i) => (Math.imul(i, 2654435761) >>> 8) & 255),
    labels: Int32Array.from({ length: images }, (_, i) => i % classes),
    index: Int32Array.from({ length: batch }, (_, i) => (i * 7919) % images),
    "layers.0.weight": wave(pixels * hidden, 1).map((v) => v * 0.05),
    "layers.0.bias": wave(hidden, 2).map((v) => v * 0.05),
    "layers.1.weight": wave(hidden * classes, 3).map((v) => v * 0.1),
    "layers.1.bias": wave(classes, 4).map((v) => v * 0.1),
  };
  return { loss, wrt, outputs, feeds };
}
