import { readFileSync } from "node:fs";
import { jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";

/** (x − mean) / √(variance + 10⁻⁵) · scale over the last axis. Consumes its arguments. */
function layerNorm(x, scale) {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  return centred.div(np.sqrt(variance.add(1e-5))).mul(scale);
}

/** xΦ(x) by the error function. Consumes its argument. */
const gelu = (x) => x.ref.mul(lax.erf(x.mul(Math.SQRT1_2)).add(1).mul(0.5));

/** The loss of nanoGPT's network without biases; tokens and targets as vectors, so that all is products. */
function lossOf({ heads, width, context, layers }, sequences) {
  const rows = sequences * context;
  const depth = width / heads;
  return (p, tokens, targets, later) => {
    const linear = (x, name) => np.matmul(x, np.transpose(p[name]));
    let x = np
      .matmul(tokens, p["wte.weight"].ref)
      .reshape([sequences, context, width])
      .add(p["wpe.weight"])
      .reshape([rows, width]);
    for (let layer = 0; layer < layers; layer++) {
      const name = `h.${layer}.`;
      const projected = linear(layerNorm(x.ref, p[`${name}ln_1.weight`]), `${name}attn.c_attn.weight`);
      const byHead = np.transpose(projected.reshape([sequences, context, 3, heads, depth]), [2, 0, 3, 1, 4]);
      const [q, k, v] = np
        .split(byHead, 3, 0)
        .map((part) => part.reshape([sequences * heads, context, depth]));
      const scores = np.matmul(q, np.transpose(k, [0, 2, 1])).mul(1 / Math.sqrt(depth));
      const weights = nn.softmax(scores.add(later.ref), -1);
      const attended = np.transpose(np.matmul(weights, v).reshape([sequences, heads, context, depth]), [
        ...[0, 2, 1, 3],
      ]);
      x = x.add(linear(attended.reshape([rows, width]), `${name}attn.c_proj.weight`));
      const hidden = linear(layerNorm(x.ref, p[`${name}ln_2.weight`]), `${name}mlp.c_fc.weight`);
      x = x.add(linear(gelu(hidden), `${name}mlp.c_proj.weight`));
    }
    later.dispose();
    const logits = np.matmul(layerNorm(x, p["ln_f.weight"]), np.transpose(p["wte.weight"]));
    return nn
      .logSoftmax(logits)
      .mul(targets)
      .sum()
      .mul(-1 / rows);
  };
}

/** The training step of the small GPT with AdamW, by `update(x, g, m, v, correction1, correction2)`. */
export function gptTask({ sizes, tokens, targets, parameters, file, period, method }, update, corrections) {
  if (method !== "adamw") return undefined;
  const bytes = readFileSync(file);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  let p = Object.fromEntries(
    parameters.map(([name, shape]) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      at += count;
      return [name, np.array(values.slice(at - count, at)).reshape(shape)];
    }),
  );
  const zeros = () => tree.map((leaf) => np.zerosLike(leaf.ref), p);
  let [m, v] = [zeros(), zeros()];
  const vectors = (list) => nn.oneHot(np.array(Int32Array.from(list), { dtype: np.int32 }), sizes.vocabulary);
  const [from, to] = [vectors(tokens), vectors(targets)];
  const { context } = sizes;
  const later = np
    .array(
      Float32Array.from({ length: context ** 2 }, (_, i) =>
        i % context > Math.floor(i / context) ? -1e9 : 0,
      ),
    )
    .reshape([context, context]);
  const loss = lossOf(sizes, tokens.length / context);
  const step = jit((all, mAll, vAll, x, y, mask, c1, c2) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(all), x, y, mask);
    const next = { p: {}, m: {}, v: {} };
    for (const name of Object.keys(all)) {
      const leaf = update(all[name], gradients[name], mAll[name], vAll[name], c1.ref, c2.ref);
      [next.p[name], next.m[name], next.v[name]] = leaf;
    }
    c1.dispose();
    c2.dispose();
    return [value, next.p, next.m, next.v];
  });
  let k = 0;
  const call = async () => {
    let last = Number.NaN;
    for (let i = 0; i < period; i++) {
      k++;
      let value;
      [value, p, m, v] = step(p, m, v, from.ref, to.ref, later.ref, ...corrections(k));
      last = (await value.data())[0];
    }
    return last;
  };
  return { call, check: call, release: () => tree.dispose([p, m, v, from, to, later]) };
}
