import { readFileSync } from "node:fs";
import { compile, createSession, gradients, input, reshape } from "@steepest/graph";
import { crossEntropy, gpt2, graphLinearAlgebra, initialiseParameters } from "@steepest/nn";
import { createOptimizer, elementCount, parseOptimizerSpec } from "@steepest/optim";
import { randomStream } from "@steepest/random";

/**
 * The small GPT of all contestants: nanoGPT's configuration for a CPU, 804,096 parameters, 12 sequences of 64
 * tokens.
 */
const sizes = { layers: 4, heads: 4, width: 128, context: 64, vocabulary: 65, bias: false };
const sequences = 12;

/**
 * What every contestant gets beside its optimizer: sizes, tokens and those after them, names and shapes; the
 * first values are in `file`.
 */
export function gptWork(file) {
  const stream = randomStream(0, "gpt benchmark");
  const rows = Array.from({ length: sequences }, () =>
    Array.from({ length: sizes.context + 1 }, () => stream.integer(sizes.vocabulary)),
  );
  return {
    ...{ kind: "gpt", file, sizes },
    tokens: rows.flatMap((row) => row.slice(0, -1)),
    targets: rows.flatMap((row) => row.slice(1)),
    parameters: gpt2(sizes).parameters.map(({ name, shape }) => [name, shape]),
  };
}

/** First values of all parameters, one after the other. */
export function gptBytes() {
  const { parameters } = gpt2(sizes);
  const arrays = new Map(parameters.map(({ name, shape }) => [name, new Float32Array(elementCount(shape))]));
  initialiseParameters(parameters, 0, (name) => arrays.get(name));
  return Buffer.concat([...arrays.values()].map(({ buffer }) => Buffer.from(buffer)));
}

/**
 * Forward, backward and the optimizer through the public API, as `steepest train` does it, `period` steps a
 * call: every call holds as many of what an optimizer does at this period.
 */
export async function gptTask({ optimizer: text, period, file, tokens, targets, threads = 1 }) {
  const model = gpt2(sizes);
  const { parameters } = model;
  const labels = input("targets", [targets.length], "int32");
  const logits = model.apply(input("tokens", [sequences, sizes.context], "int32"), { training: true });
  const loss = crossEntropy(reshape(logits, [-1, sizes.vocabulary]), labels);
  const derivatives = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  const linearAlgebra = graphLinearAlgebra({ threads });
  const optimizer = createOptimizer(parseOptimizerSpec(text), parameters, { linearAlgebra });
  const bytes = readFileSync(file);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  let at = 0;
  for (const { name } of parameters) {
    const view = optimizer.parameter(name);
    view.set(values.subarray(at, at + view.length));
    at += view.length;
  }
  const lossValue = new Float32Array(1);
  const named = (view) => parameters.map(({ name }, i) => [name, view(name, i)]);
  const outputs = named((_, i) => derivatives[i]).map(([name, tensor]) => [`gradient of ${name}`, tensor]);
  const arrays = named((name) => optimizer.gradient(name)).map(([name, view]) => [
    `gradient of ${name}`,
    view,
  ]);
  const session = await createSession(compile({ loss, ...Object.fromEntries(outputs) }), {
    feeds: {
      ...{ tokens: Int32Array.from(tokens), targets: Int32Array.from(targets) },
      ...Object.fromEntries(named((name) => optimizer.parameter(name))),
    },
    fetches: { loss: lossValue, ...Object.fromEntries(arrays) },
    threads,
  });
  const call = async () => {
    for (let i = 0; i < period; i++) {
      await session.run();
      await optimizer.stepAsync();
    }
    return lossValue[0];
  };
  const release = async () => {
    await session.release();
    await linearAlgebra.release();
  };
  return { call, check: call, release };
}
