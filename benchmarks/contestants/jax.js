import { blockUntilReady, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { gptTask } from "./jaxGpt.js";
import { network, readNetwork } from "./network.js";
import { serve } from "./serve.js";

await init("wasm");
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/**
 * Adam(W) as PyTorch forms it, on one leaf; `corrections` = [1 / (1 - beta1^k), 1 / sqrt(1 - beta2^k)].
 * Consumes its arguments.
 */
function adamLeaf(x, g, m, v, correction1, correction2, learningRate, weightDecay) {
  const mNext = m.mul(beta1).add(g.ref.mul(1 - beta1));
  const vNext = v.mul(beta2).add(np.square(g).mul(1 - beta2));
  const step = mNext.ref.mul(correction1).div(np.sqrt(vNext.ref).mul(correction2).add(epsilon));
  const decayed = weightDecay === 0 ? x : x.mul(1 - learningRate * weightDecay);
  return [decayed.sub(step.mul(learningRate)), mNext, vNext];
}

const corrections = (k) => [np.array([1 / (1 - beta1 ** k)]), np.array([1 / Math.sqrt(1 - beta2 ** k)])];

function optimizerTask({ rule, hyper, elements, learningRate, gradient, checkedSteps }) {
  if (rule !== "adam" && rule !== "adamw") return undefined;
  const update = jit((x, g, m, v, c1, c2) =>
    adamLeaf(x, g, m, v, c1, c2, learningRate, hyper.weightDecay ?? 0),
  );
  let [x, m, v] = [np.ones([elements]), np.zeros([elements]), np.zeros([elements])];
  const g = np.full([elements], gradient);
  let k = 0;
  const call = () => {
    k++;
    [x, m, v] = update(x, g.ref, m, v, ...corrections(k));
    return blockUntilReady([x, m, v]);
  };
  return {
    call,
    check: async () => {
      for (let i = 0; i < checkedSteps; i++) await call();
      return (await x.ref.data())[0];
    },
    release: () => tree.dispose([x, m, v, g]),
  };
}

function networkTask({ file }) {
  const data = readNetwork(file);
  const images = np.array(data.images).reshape([network.batch, network.inputs]);
  const targets = nn.oneHot(np.array(data.labels, { dtype: np.int32 }), network.classes);
  let parameters = {
    weight1: np.array(data.weight1).reshape([network.inputs, network.hidden]),
    bias1: np.array(data.bias1),
    weight2: np.array(data.weight2).reshape([network.hidden, network.classes]),
    bias2: np.array(data.bias2),
  };
  const zeros = () => tree.map((leaf) => np.zerosLike(leaf.ref), parameters);
  let [m, v] = [zeros(), zeros()];
  const loss = (p, x, y) => {
    const hidden = nn.relu(np.matmul(x, p.weight1).add(p.bias1));
    const logits = np.matmul(hidden, p.weight2).add(p.bias2);
    return nn
      .logSoftmax(logits)
      .mul(y)
      .sum()
      .mul(-1 / network.batch);
  };
  const step = jit((p, mAll, vAll, x, y, c1, c2) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(p), x, y);
    const next = { p: {}, m: {}, v: {} };
    for (const name of Object.keys(p)) {
      [next.p[name], next.m[name], next.v[name]] = adamLeaf(
        p[name],
        gradients[name],
        mAll[name],
        vAll[name],
        c1.ref,
        c2.ref,
        network.learningRate,
        0,
      );
    }
    c1.dispose();
    c2.dispose();
    return [value, next.p, next.m, next.v];
  });
  let k = 0;
  const call = async () => {
    k++;
    let value;
    [value, parameters, m, v] = step(parameters, m, v, images.ref, targets.ref, ...corrections(k));
    return (await value.data())[0];
  };
  return {
    call,
    check: async () => {
      let last = Number.NaN;
      for (let i = 0; i < network.checkedSteps; i++) last = await call();
      return last;
    },
    release: () => tree.dispose([parameters, m, v, images, targets]),
  };
}

await serve(async (task) => {
  if (task.kind === "rule") return optimizerTask(task);
  if (task.kind === "network") return networkTask(task);
  if (task.kind === "gpt")
    return gptTask(task, (...leaf) => adamLeaf(...leaf, task.learningRate, 0.01), corrections);
  return undefined;
});
