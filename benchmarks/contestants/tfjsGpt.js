import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";

const layerNorm = (x, scale) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).div(variance.add(1e-5).sqrt()).mul(scale);
};

const gelu = (x) => x.mul(tf.erf(x.mul(Math.SQRT1_2)).add(1).mul(0.5));

/** The loss of nanoGPT's network without biases; tokens and targets as vectors, so that all is products. */
function lossOf(p, { heads, width, context, layers }, { tokens, targets, later, sequences }) {
  const rows = sequences * context;
  const depth = width / heads;
  const linear = (x, name) => tf.matMul(x, p[name], false, true);
  let x = tf
    .matMul(tokens, p["wte.weight"])
    .reshape([sequences, context, width])
    .add(p["wpe.weight"])
    .reshape([rows, width]);
  for (let layer = 0; layer < layers; layer++) {
    const name = `h.${layer}.`;
    const projected = linear(layerNorm(x, p[`${name}ln_1.weight`]), `${name}attn.c_attn.weight`);
    const [q, k, v] = tf
      .split(projected, 3, 1)
      .map((part) => part.reshape([sequences, context, heads, depth]).transpose([0, 2, 1, 3]));
    const weights = tf
      .matMul(q, k, false, true)
      .mul(1 / Math.sqrt(depth))
      .add(later)
      .softmax();
    const attended = tf.matMul(weights, v).transpose([0, 2, 1, 3]).reshape([rows, width]);
    x = x.add(linear(attended, `${name}attn.c_proj.weight`));
    const hidden = linear(layerNorm(x, p[`${name}ln_2.weight`]), `${name}mlp.c_fc.weight`);
    x = x.add(linear(gelu(hidden), `${name}mlp.c_proj.weight`));
  }
  const logits = linear(layerNorm(x, p["ln_f.weight"]), "wte.weight");
  return tf
    .logSoftmax(logits)
    .mul(targets)
    .sum()
    .mul(-1 / rows);
}

/**
 * The training step of the small GPT with AdamW: tfjs' own Adam after the decay, which it does not have, as
 * PyTorch's AdamW does both.
 */
export function gptTask({ sizes, tokens, targets, parameters, file, period, method, learningRate }) {
  if (method !== "adamw") return undefined;
  const bytes = readFileSync(file);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  const p = Object.fromEntries(
    parameters.map(([name, shape]) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      at += count;
      return [name, tf.variable(tf.tensor(values.slice(at - count, at), shape))];
    }),
  );
  const vectors = (list) => tf.oneHot(tf.tensor1d(list, "int32"), sizes.vocabulary).toFloat();
  const { context } = sizes;
  const later = tf.tensor2d(
    Float32Array.from({ length: context ** 2 }, (_, i) => (i % context > Math.floor(i / context) ? -1e9 : 0)),
    [context, context],
  );
  const data = {
    ...{ tokens: vectors(tokens), targets: vectors(targets), later },
    sequences: tokens.length / context,
  };
  const optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  const step = () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => lossOf(p, sizes, data), Object.values(p));
      for (const variable of Object.values(p)) variable.assign(variable.mul(1 - learningRate * 0.01));
      optimizer.applyGradients(grads);
      return value.dataSync()[0];
    });
  const call = () => {
    let last = Number.NaN;
    for (let i = 0; i < period; i++) last = step();
    return last;
  };
  const release = () => {
    optimizer.dispose();
    tf.dispose([...Object.values(p), data.tokens, data.targets, later]);
  };
  return { call, check: call, release };
}
