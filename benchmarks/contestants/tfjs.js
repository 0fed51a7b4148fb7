import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { network, readNetwork } from "./network.js";
import { serve } from "./serve.js";
import { gptTask } from "./tfjsGpt.js";

const main = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
setWasmPaths(join(dirname(main), "/"));
setThreadsCount(1);
await tf.setBackend("wasm");
await tf.ready();

function optimizerTask({ rule, elements, learningRate, gradient, checkedSteps }) {
  // tfjs has no decoupled weight decay, and its momentum differs: Adam is the rule that it shares with the
  // others.
  if (rule !== "adam") return undefined;
  const x = tf.variable(tf.ones([elements]));
  const g = tf.fill([elements], gradient);
  const optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  const call = () => tf.tidy(() => optimizer.applyGradients([{ name: x.name, tensor: g }]));
  return {
    call,
    check: () => {
      for (let i = 0; i < checkedSteps; i++) call();
      return x.dataSync()[0];
    },
    release: () => {
      optimizer.dispose();
      tf.dispose([x, g]);
    },
  };
}

function networkTask({ file }) {
  const data = readNetwork(file);
  const images = tf.tensor2d(data.images, [network.batch, network.inputs]);
  const targets = tf.cast(tf.oneHot(tf.tensor1d(data.labels, "int32"), network.classes), "float32");
  const weight1 = tf.variable(tf.tensor2d(data.weight1, [network.inputs, network.hidden]));
  const bias1 = tf.variable(tf.tensor1d(data.bias1));
  const weight2 = tf.variable(tf.tensor2d(data.weight2, [network.hidden, network.classes]));
  const bias2 = tf.variable(tf.tensor1d(data.bias2));
  const optimizer = tf.train.adam(network.learningRate, 0.9, 0.999, 1e-8);
  const call = () => {
    const loss = optimizer.minimize(() => {
      const hidden = tf.relu(tf.add(tf.matMul(images, weight1), bias1));
      const logits = tf.add(tf.matMul(hidden, weight2), bias2);
      return tf.losses.softmaxCrossEntropy(targets, logits);
    }, true);
    const value = loss.dataSync()[0];
    loss.dispose();
    return value;
  };
  return {
    call,
    check: () => {
      let last = Number.NaN;
      for (let i = 0; i < network.checkedSteps; i++) last = call();
      return last;
    },
    release: () => {
      optimizer.dispose();
      tf.dispose([images, targets, weight1, bias1, weight2, bias2]);
    },
  };
}

await serve(async (task) => {
  if (task.kind === "rule") return optimizerTask(task);
  if (task.kind === "network") return networkTask(task);
  if (task.kind === "gpt") return gptTask(task);
  return undefined;
});
