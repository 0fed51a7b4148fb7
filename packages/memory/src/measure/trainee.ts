import { setTimeout } from "node:timers/promises";
import { compile, constant, createSession, input, matmul } from "@steepest/graph";
import { initialiseParameters } from "@steepest/nn";
import { parseOptimizerSpec } from "@steepest/optim";
import { optimizerMethod, type TrainedMethod } from "@steepest/train";
import type { LoadedWorkload } from "@steepest/workloads";
import type { MeasuredMemory } from "./measured.js";
import { forgetPeak, residentMemory } from "./resident.js";
import type { MeasuredSetting } from "./setting.js";
import { loadMeasured } from "./workload.js";

/**
 * Trains a few steps in this process and says what each phase of it took. To be run in a process of its own,
 * once: what came before would count as empty, or be reused.
 *
 * @throws SteepestError for what the workload or the optimizer refuses
 */
export async function measureHere(setting: MeasuredSetting): Promise<MeasuredMemory> {
  await startRuntime();
  const emptyBytes = await settled();
  const resettable = forgetPeak();

  const loaded = await loadMeasured(setting.workload);
  const withData = await settled();
  const loadingPeakBytes = residentMemory().peakBytes - emptyBytes;
  forgetPeak();

  const { batchSize, seed, threads, steps, accumulate, checkpointing } = setting;
  const { parameters } = loaded;
  const spec = parseOptimizerSpec(setting.optimizer);
  const method = optimizerMethod(spec, {}).create({ parameters, batchSize, threads });
  initialiseParameters(parameters, seed, (name) => method.parameter(name));
  // Written, so that they are there before the first step writes them.
  for (const { name } of parameters) method.gradient(name).fill(0);
  const withArena = await settled();

  const bound = await loaded.bind(
    { parameter: (name) => method.parameter(name), gradient: (name) => method.gradient(name) },
    { batchSize, seed, threads, accumulate, checkpointing },
  );
  const withSession = await settled();
  const building = residentMemory().peakBytes;
  forgetPeak();
  const arraysBefore = process.memoryUsage().arrayBuffers;
  await bound.gradient(1);
  const copies = process.memoryUsage().arrayBuffers - arraysBefore;
  const firstPeak = residentMemory().peakBytes;
  for (let step = 1; step <= steps; step++) {
    // Collected between the steps, so that what they take does not depend on when V8 would have done it.
    collect();
    await method.step(step, (batch) => bound.gradient(batch));
  }
  const { peakBytes } = residentMemory();
  const arena = arenaOf(method, loaded);
  await bound.release();
  await method.release();
  return {
    emptyBytes,
    arena,
    phases: {
      data: withData - emptyBytes,
      arena: withArena - withData,
      session: withSession - withArena,
      gradient: firstPeak - withSession,
      updates: peakBytes - firstPeak,
    },
    copies,
    peakBytes: Math.max(building, peakBytes) - emptyBytes,
    loadingPeakBytes,
    resettable,
  };
}

/** Loads ONNX Runtime and runs it once, so that its code and its own memory count as empty. */
async function startRuntime(): Promise<void> {
  const product = matmul(input("x", [2, 2], "float32"), constant([1, 2, 3, 4], [2, 2]));
  const session = await createSession(compile({ product }), {
    feeds: { x: new Float32Array(4) },
    fetches: { product: new Float32Array(4) },
  });
  await session.run();
  await session.release();
}

/** Collects JavaScript's garbage, where this process may ask for that. */
const collect = (): void => globalThis.gc?.();

/** Looks at physical memory at most, and milliseconds between two. */
const [looks, pause] = [20, 20];

/**
 * Physical memory once garbage is collected. Arrays may be given back by other threads after the collection, so
 * it waits until nothing more falls.
 */
async function settled(): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (let look = 0; look < looks; look++) {
    collect();
    await setTimeout(pause);
    const { bytes } = residentMemory();
    if (bytes >= last) return last;
    last = bytes;
  }
  return last;
}

/** The arrays as they are, each counted where it lies. */
function arenaOf(method: TrainedMethod, { parameters }: LoadedWorkload): MeasuredMemory["arena"] {
  const views = (of: (name: string) => Float32Array) => parameters.map(({ name }) => of(name));
  const sum = (arrays: readonly { readonly byteLength: number }[]) =>
    arrays.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  const own = views((name) => method.parameter(name));
  const evaluation = views((name) => method.evaluationParameter(name)).filter(
    (view) => !own.some((other) => other.byteOffset === view.byteOffset && other.buffer === view.buffer),
  );
  return {
    parameters: sum(own),
    gradients: sum(views((name) => method.gradient(name))),
    state: sum([...method.saveState().tensors.values()].map(({ data }) => data)),
    evaluation: sum(evaluation),
    total: sum([...new Set(own.map(({ buffer }) => buffer))]),
  };
}
