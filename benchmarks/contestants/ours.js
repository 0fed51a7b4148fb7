import { compile, createSession, gradients, input } from "@steepest/graph";
import { crossEntropy, mlp } from "@steepest/nn";
import { createOptimizer, findOptimizer } from "@steepest/optim";
import { findWorkload, initialiseParameters } from "@steepest/workloads";
import { gptTask } from "./gpt.js";
import { gptPassTask, gptProductsTask } from "./gptProducts.js";
import { network, readNetwork } from "./network.js";
import { serve } from "./serve.js";

/**
 * One update of a rule, in PyTorch's form where it has the rule, over one flat parameter, through the public
 * API.
 */
function optimizerTask({
  rule,
  hyper,
  options = {},
  elements,
  learningRate,
  gradient,
  checkedSteps,
  nonFinite,
}) {
  const preset = findOptimizer(rule).presets.torch === undefined ? undefined : "torch";
  const spec = { name: rule, preset, hyper: { lr: learningRate, ...hyper }, options };
  const optimizer = createOptimizer(spec, [{ name: "x", shape: [elements], role: "hiddenMatrix" }], {
    nonFinite,
  });
  const x = optimizer.parameter("x").fill(1);
  optimizer.gradient("x").fill(gradient);
  return {
    call: () => optimizer.step(),
    check: () => {
      for (let i = 0; i < checkedSteps; i++) optimizer.step();
      return x[0];
    },
  };
}

/** A row-major matrix with this many columns, transposed: our linear layers are [outputs, inputs]. */
function transposed(values, columns) {
  const rows = values.length / columns;
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}

const adam = { name: "adam", preset: "torch", hyper: { lr: network.learningRate }, options: {} };

/** The step on a batch that stays where it is, as the peers do it. */
async function networkTask({ file }) {
  const data = readNetwork(file);
  const model = mlp([network.inputs, network.hidden, network.classes]);
  const { parameters } = model;
  const images = input("images", [network.batch, network.inputs], "float32");
  const labels = input("labels", [network.batch], "int32");
  const loss = crossEntropy(model.apply(images, { training: true }), labels);
  const derivatives = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  const optimizer = createOptimizer(adam, parameters);
  const initial = [
    transposed(data.weight1, network.hidden),
    data.bias1,
    transposed(data.weight2, network.classes),
    data.bias2,
  ];
  for (const [i, { name }] of parameters.entries()) optimizer.parameter(name).set(initial[i]);
  const lossValue = new Float32Array(1);
  const views = (view) => Object.fromEntries(parameters.map(({ name }) => [name, view(name)]));
  const session = await createSession(
    compile({
      loss,
      ...Object.fromEntries(parameters.map(({ name }, i) => [`gradient of ${name}`, derivatives[i]])),
    }),
    {
      feeds: { images: data.images, labels: data.labels, ...views((name) => optimizer.parameter(name)) },
      fetches: {
        loss: lossValue,
        ...Object.fromEntries(
          parameters.map(({ name }) => [`gradient of ${name}`, optimizer.gradient(name)]),
        ),
      },
      threads: 1,
    },
  );
  const call = async () => {
    await session.run();
    optimizer.step();
    return lossValue[0];
  };
  return { call, check: () => repeated(call), release: () => session.release() };
}

/** The step as `steepest train` does it: another mini-batch of the data set every time. */
async function workloadTask() {
  const loaded = await findWorkload("fashion-mnist").load();
  const optimizer = createOptimizer(adam, loaded.parameters);
  const views = {
    parameter: (name) => optimizer.parameter(name),
    gradient: (name) => optimizer.gradient(name),
  };
  initialiseParameters(loaded.parameters, 0, views.parameter);
  const bound = await loaded.bind(views, { batchSize: network.batch, seed: 0, threads: 1 });
  let step = 0;
  const call = async () => {
    step++;
    const loss = await bound.gradient(step);
    optimizer.step();
    return loss;
  };
  return { call, check: () => repeated(call), release: () => bound.release() };
}

async function repeated(call) {
  let last = Number.NaN;
  for (let i = 0; i < network.checkedSteps; i++) last = await call();
  return last;
}

await serve(async (task) => {
  if (task.kind === "rule") return optimizerTask(task);
  if (task.kind === "network") return networkTask(task);
  if (task.kind === "gpt") return gptTask(task);
  if (task.kind === "gpt passes") return gptPassTask(task);
  if (task.kind === "gpt products") return gptProductsTask(task);
  if (task.kind === "workload") return workloadTask();
  return undefined;
});
