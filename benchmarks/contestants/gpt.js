import { compile, createSession, gradients, input, reshape } from "@steepest/graph";
import { crossEntropy, gpt2, graphLinearAlgebra, initialiseParameters } from "@steepest/nn";
import { createOptimizer, parseOptimizerSpec } from "@steepest/optim";
import { randomStream } from "@steepest/random";

/** The small GPT of all contestants: nanoGPT's configuration for a CPU, 804,096 parameters. */
export const gpt = {
  model: { layers: 4, heads: 4, width: 128, context: 64, vocabulary: 65, bias: false },
  sequences: 12,
};

/**
 * Tokens and the tokens after them, the same for every contestant.
 * @returns {{ tokens: Int32Array, targets: Int32Array }}
 */
function batch() {
  const { model, sequences } = gpt;
  const stream = randomStream(0, "gpt benchmark");
  const rows = Array.from({ length: sequences }, () =>
    Int32Array.from({ length: model.context + 1 }, () => stream.integer(model.vocabulary)),
  );
  const part = (from) =>
    Int32Array.from(rows.flatMap((row) => [...row.subarray(from, from + model.context)]));
  return { tokens: part(0), targets: part(1) };
}

/**
 * Forward, backward and the optimizer, through the public API as `steepest train` uses it, `period` steps a call: every
 * call holds as many refreshes of what an optimizer refreshes at this period.
 */
export async function gptTask({ optimizer: text, period }) {
  const { model: sizes, sequences } = gpt;
  const model = gpt2(sizes);
  const { parameters } = model;
  const tokens = input("tokens", [sequences, sizes.context], "int32");
  const targets = input("targets", [sequences * sizes.context], "int32");
  const logits = reshape(model.apply(tokens, { training: true }), [-1, sizes.vocabulary]);
  const loss = crossEntropy(logits, targets);
  const derivatives = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  const linearAlgebra = graphLinearAlgebra({ threads: 1 });
  const optimizer = createOptimizer(parseOptimizerSpec(text), parameters, { linearAlgebra });
  initialiseParameters(parameters, 0, (name) => optimizer.parameter(name));
  const lossValue = new Float32Array(1);
  const named = (view) => Object.fromEntries(parameters.map(({ name }) => [name, view(name)]));
  const session = await createSession(
    compile({
      loss,
      ...Object.fromEntries(parameters.map(({ name }, i) => [`gradient of ${name}`, derivatives[i]])),
    }),
    {
      feeds: { ...batch(), ...named((name) => optimizer.parameter(name)) },
      fetches: {
        loss: lossValue,
        ...Object.fromEntries(
          parameters.map(({ name }) => [`gradient of ${name}`, optimizer.gradient(name)]),
        ),
      },
      threads: 1,
    },
  );
  const step = async () => {
    await session.run();
    const update = optimizer.stepAsync();
    await update;
    return lossValue[0];
  };
  const call = async () => {
    for (let i = 0; i < period; i++) await step();
    return lossValue[0];
  };
  return {
    call,
    gradient: () => session.run(),
    update: () => optimizer.stepAsync(),
    optimizer,
    check: call,
    release: async () => {
      await session.release();
      await linearAlgebra.release();
    },
  };
}
