import { GraphError } from "../errors/errors.js";
import { pair, type TensorArray } from "./arrays.js";
import type { CompiledGraph, CompiledValue } from "./compile.js";

/** What a session reads and writes, and how it runs. */
export interface SessionOptions {
  /** The arrays to read at every run, one for each input of the graph. */
  readonly feeds: Readonly<Record<string, TensorArray>>;
  /** The arrays to fill at every run, one for each output wanted; at least one. */
  readonly fetches: Readonly<Record<string, TensorArray>>;
  /** Threads that one run may use; default 1. Results are the same bits at every run with the same number. */
  readonly threads?: number;
  /** Writes ONNX Runtime's profile, in Chrome's trace format, to a file whose path begins so. */
  readonly profilePrefix?: string;
}

/** Each thread takes memory of its own, and far more threads than any machine has cores bring it down. */
const mostThreads = 256;

/** A compiled graph, loaded and bound to arrays. */
export interface Session {
  /**
   * Reads the feeds, computes, fills the fetches.
   *
   * @throws GraphError `runtime` where ONNX Runtime fails, as on an index out of bounds, `misuse` after
   *   {@link release}
   */
  run(): Promise<void>;
  /** Frees the model, once; a second call does nothing. */
  release(): Promise<void>;
}

function runtimeError(what: string, fix: string, cause: unknown): GraphError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new GraphError("runtime", `${what}: ${message.trim()}`, fix, { cause });
}

/**
 * Optimisers of ONNX Runtime that we do without. Some apply only where nothing else needs what lies between
 * the fused operators, so that a forward pass alone would round otherwise than one before a backward pass; the
 * fused addition and layer norm takes five times as long as the two.
 */
const unwanted = [
  ...["SkipLayerNormFusion", "BiasSkipLayerNormFusion", "LayerNormFusionL1", "LayerNormFusionL2"],
  ...["GeluFusionL1", "GeluFusionL2", "FastGeluFusion", "BiasGeluFusion", "QuickGeluFusion"],
  ...["SimplifiedLayerNormFusion"],
];

type Runtime = import("onnxruntime-node").InferenceSession;
type RuntimeOptions = import("onnxruntime-node").InferenceSession.SessionOptions;

/** ONNX Runtime with a graph loaded, as all our sessions run it. */
async function load({ onnx }: CompiledGraph, options: RuntimeOptions): Promise<Runtime> {
  // Imported only here: everything else in this package also works in the browser.
  const { env, InferenceSession } = await import("onnxruntime-node");
  // Errors reach the caller as exceptions; ONNX Runtime would print them too.
  env.logLevel = "fatal";
  return InferenceSession.create(onnx, {
    executionProviders: ["cpu"],
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    // With a pattern of the first run's memory, all is held twice from the second run on: as the first run
    // took it, and by the pattern.
    enableMemPattern: false,
    extra: { optimization: { disable_specified_optimizers: unwanted.join(";") } },
    ...options,
  }).catch((cause: unknown) => {
    throw runtimeError("ONNX Runtime refuses the model", "Report it with the graph that was compiled", cause);
  });
}

/**
 * The model that ONNX Runtime makes of a compiled graph and runs, its nodes in the order in which they run.
 *
 * @throws GraphError `runtime` where ONNX Runtime refuses the model
 */
export async function optimisedModel(compiled: CompiledGraph): Promise<Uint8Array> {
  const [{ mkdtemp, readFile, rm }, { tmpdir }, { join }] = await Promise.all([
    import("node:fs/promises"),
    import("node:os"),
    import("node:path"),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "steepest-model-"));
  try {
    const optimizedModelFilePath = join(folder, "model.onnx");
    const session = await load(compiled, { intraOpNumThreads: 1, optimizedModelFilePath });
    await session.release();
    return await readFile(optimizedModelFilePath);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Loads a compiled graph into ONNX Runtime and binds it to arrays, once: every run reads and fills the same
 * ones. Views of a (not shared) WebAssembly memory are read and filled in place.
 *
 * @throws GraphError `unknown-name`, `dtype-mismatch` or `shape-mismatch` for arrays that do not fit,
 *   `misuse` for a missing one, `invalid-value` for threads that are no integer from 1 to 256, `runtime`
 *   where ONNX Runtime refuses the model
 */
export async function createSession(compiled: CompiledGraph, options: SessionOptions): Promise<Session> {
  const { threads = 1 } = options;
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > mostThreads)
    throw new GraphError(
      "invalid-value",
      `number of threads is ${threads}`,
      `Expected an integer from 1 to ${mostThreads}; more than the machine has cores never help`,
    );
  const feeds = pair("input", compiled.inputs, options.feeds);
  const fetches = pair("output", compiled.outputs, options.fetches);
  const missing = Object.keys(compiled.inputs).filter((name) => !(name in options.feeds));
  if (missing.length > 0 || fetches.length === 0) {
    throw new GraphError(
      "misuse",
      missing.length > 0 ? `feeds are missing: ${missing.join(", ")}` : "there are no fetches",
      missing.length > 0 ? "Pass one array per input of the graph" : "Pass an array for at least one output",
    );
  }

  const { Tensor } = await import("onnxruntime-node");
  const bind = ({ value, array }: { readonly value: CompiledValue; readonly array: TensorArray }) =>
    [value.onnxName, new Tensor(value.dtype, array, value.shape)] as const;
  const boundFeeds = Object.fromEntries(feeds.map(bind));
  const boundFetches = Object.fromEntries(fetches.map(bind));
  const runtime = await load(compiled, {
    intraOpNumThreads: threads,
    ...(options.profilePrefix === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: options.profilePrefix }),
  });
  let released = false;
  return {
    run: async () => {
      if (released) throw new GraphError("misuse", "run: the session is released", "Create another session");
      try {
        await runtime.run(boundFeeds, boundFetches);
      } catch (cause) {
        throw runtimeError("the run failed", "Check that indices lie within what they index", cause);
      }
    },
    release: async () => {
      if (released) return;
      released = true;
      if (options.profilePrefix !== undefined) runtime.endProfiling();
      await runtime.release();
    },
  };
}
