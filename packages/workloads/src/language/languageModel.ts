import { type CompiledGraph, compile, createSession, input, reshape } from "@steepest/graph";
import { crossEntropy, crossEntropyPerExample, type GptModel, type GptOptions, gpt2 } from "@steepest/nn";
import { elementCount } from "@steepest/optim";
import { bindNetwork, type Evaluator, trainingMode } from "../network/bind.js";
import { compileStep, microBatchSize } from "../network/step.js";
import type { BindOptions, BoundWorkload, LoadedWorkload, ParameterViews } from "../workload.js";
import { checkDataset, type LanguageDataset } from "./dataset.js";
import { tiling, windowBatch, windowStarts } from "./windows.js";

/** Tokens, and numbers among the logits, of one run of an evaluation at most; but always one window. */
const mostTokensAtOnce = 1024;
const mostLogitsAtOnce = 2 ** 22;

/** A model of the options, with the regularisation and the memory that a run asks for. */
const modelFor = (gpt: GptOptions, { dropout, checkpointing }: Partial<BindOptions> = {}): GptModel =>
  gpt2({
    ...gpt,
    ...(dropout === undefined ? {} : { dropout }),
    ...(checkpointing === undefined ? {} : { checkpointing }),
  });

/** A model's logits for windows of tokens, one row a token, and the tokens that are to be predicted. */
function predictions({ options, apply }: GptModel, windows: number, training: boolean) {
  const { context, vocabulary } = options;
  const mode = training ? trainingMode() : { training };
  return {
    logits: reshape(apply(input("tokens", [windows, context], "int32"), mode), [-1, vocabulary]),
    targets: input("targets", [windows * context], "int32"),
  };
}

async function createEvaluator(
  { tokens, splits }: LanguageDataset,
  model: GptModel,
  parameter: (name: string) => Float32Array,
  threads: number,
): Promise<Evaluator> {
  const { context, vocabulary } = model.options;
  const atOnce = Math.min(mostTokensAtOnce / context, mostLogitsAtOnce / (context * vocabulary));
  const size = Math.max(1, Math.floor(atOnce));
  const { logits, targets } = predictions(model, size, false);
  const batch = windowBatch(tokens, size, context);
  const losses = new Float32Array(size * context);
  const session = await createSession(compile({ losses: crossEntropyPerExample(logits, targets) }), {
    feeds: {
      ...{ tokens: batch.inputs, targets: batch.targets },
      ...Object.fromEntries(model.parameters.map(({ name }) => [name, parameter(name)])),
    },
    fetches: { losses },
    threads,
  });
  const ofValidation = tiling(splits.validation, context).windows;
  return {
    async evaluate(split) {
      const { windows, window } = tiling(splits[split], context);
      // Of the training split as many windows as validation has, evenly spread.
      const chosen = split === "train" ? Math.min(windows, ofValidation) : windows;
      const place = (i: number) => window(Math.floor((i * windows) / chosen));
      let loss = 0;
      let count = 0;
      for (let first = 0; first < chosen; first += size) {
        // Beyond the last window it is repeated and not counted.
        for (let i = 0; i < size; i++) batch.fill(i, place(Math.min(first + i, chosen - 1)).start);
        await session.run();
        for (let i = 0; i < Math.min(size, chosen - first); i++) {
          const { counted } = place(first + i);
          for (const value of losses.subarray((i + 1) * context - counted, (i + 1) * context)) loss += value;
          count += counted;
        }
      }
      return { loss: loss / count, count };
    },
    release: () => session.release(),
  };
}

/**
 * Operations of one window's gradient: for each token six a parameter that takes part in a product (two
 * forward, four backward), and 12·layers·width·context for attention's products of activations, as nanoGPT
 * counts (Chowdhery et al. 2022, arXiv:2204.02311, appendix B).
 */
export function windowOperations({ options, parameters }: GptModel): number {
  const { layers, width, context, vocabulary, head = "tied", positions = "learned" } = options;
  const all = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  // Tables that rows are only looked up in.
  const places = positions === "learned" ? context * width : 0;
  const tokens = head === "own" ? vocabulary * width : 0;
  return context * (6 * (all - places - tokens) + 12 * layers * width * context);
}

/**
 * A GPT on a text, by cross-entropy in nats a token: what every language workload loads.
 *
 * An example is a window of `context` tokens, each of which predicts the next. A step takes `batchSize` of
 * them, from places that are uniform over the training split and a function of seed and step alone; an epoch
 * is as many windows as lie side by side there. Evaluations predict every token of a split once, the first
 * one excepted, in windows side by side (the last one overlaps the one before it, and only its new tokens
 * count); of the training split as many windows as the validation split has, evenly spread.
 *
 * @throws SteepestError `invalid-value` for splits shorter than a window, and a text with more tokens than
 *   the model
 */
export function languageModel(dataset: LanguageDataset, gpt: GptOptions): LoadedWorkload {
  const { context } = gpt;
  checkDataset(dataset, gpt);
  const { tokens, tokeniser, splits, source, procedural, leastLoss } = dataset;
  const described = modelFor(gpt);
  const { validation, test } = splits;

  /** Mean cross-entropy over the tokens of a micro-batch, and its derivatives. */
  function stepGraph(options: BindOptions): CompiledGraph {
    // A model of its own: derivatives are with respect to its own tensors.
    const model = modelFor(gpt, options);
    const windows = microBatchSize(options.batchSize, options.accumulate ?? 1);
    const { logits, targets } = predictions(model, windows, true);
    return compileStep(crossEntropy(logits, targets), model.parameters);
  }

  async function bind(views: ParameterViews, options: BindOptions): Promise<BoundWorkload> {
    const { batchSize, seed, threads, accumulate = 1 } = options;
    const windows = microBatchSize(batchSize, accumulate);
    const batch = windowBatch(tokens, windows, context);
    return bindNetwork({
      ...{ compiled: stepGraph(options), parameters: described.parameters, views, options },
      feeds: { tokens: batch.inputs, targets: batch.targets },
      draw(step) {
        const nextStart = windowStarts(splits.train, context, seed, step);
        return () => {
          for (let i = 0; i < windows; i++) batch.fill(i, nextStart());
        };
      },
      createEvaluator: (parameter) => createEvaluator(dataset, described, parameter, threads),
    });
  }

  return {
    parameters: described.parameters,
    parameterCount: described.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    trainCount: Math.floor((splits.train.end - splits.train.start - 1) / context),
    exampleOperations: windowOperations(described),
    dataBytes: tokens.residentBytes,
    stepGraph,
    metrics: ["loss"],
    ...{ source, procedural, bind },
    testIsValidation: test.start === validation.start && test.end === validation.end,
    ...(leastLoss === undefined ? {} : { leastLoss: leastLoss(context) }),
    language: {
      ...{ model: described, tokeniser },
      validationTokens: validation.end - validation.start - 1,
    },
  };
}
