import { getHeapStatistics } from "node:v8";
import { compile, constant, createSession, input, matmul } from "@steepest/graph";
import { initialiseParameters } from "@steepest/nn";
import { parseOptimizerSpec } from "@steepest/optim";
import { optimizerMethod, type TrainedMethod } from "@steepest/train";
import type { LoadedWorkload } from "@steepest/workloads";
import { plannedAlgebra } from "./algebra.js";
import type { MeasuredMemory } from "./measured.js";
import { collectGarbage, forgetPeak, mapPrograms, residentMemory, settledMemory } from "./resident.js";
import { graphSessions, weighSessions } from "./sessions.js";
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
  mapPrograms();
  const emptyBytes = await settledMemory();
  const emptyProgram = programBytes();
  const emptyArrays = process.memoryUsage().arrayBuffers;
  const resettable = forgetPeak();

  const loaded = await loadMeasured(setting.workload);
  const withData = await settledMemory();
  const loadedMemory = process.memoryUsage();
  const data = loadedMemory.arrayBuffers - emptyArrays;
  const loadingPeakBytes = residentMemory().peakBytes - emptyBytes;
  forgetPeak();

  const { batchSize, seed, threads, steps, accumulate, checkpointing } = setting;
  const { parameters } = loaded;
  const spec = parseOptimizerSpec(setting.optimizer);
  const method = optimizerMethod(spec, {}).create({ parameters, batchSize, threads });
  initialiseParameters(parameters, seed, (name) => method.parameter(name));
  // Written, so that they are there before the first step writes them.
  for (const { name } of parameters) method.gradient(name).fill(0);
  const withArena = await settledMemory();
  const { external, arrayBuffers } = process.memoryUsage();

  const bind = () =>
    loaded.bind(
      { parameter: (name) => method.parameter(name), gradient: (name) => method.gradient(name) },
      { batchSize, seed, threads, accumulate, checkpointing },
    );
  const bound = await bind();
  const withSession = await settledMemory();
  const building = residentMemory().peakBytes;
  forgetPeak();
  const arraysBefore = process.memoryUsage().arrayBuffers;
  const batch = arraysBefore - arrayBuffers;
  await bound.gradient(1);
  const copies = process.memoryUsage().arrayBuffers - arraysBefore;
  const firstPeak = residentMemory().peakBytes;
  for (let step = 1; step <= steps; step++) {
    // Collected between the steps, so that what they take does not depend on when V8 would have done it.
    collectGarbage();
    await method.step(step, (batch) => bound.gradient(batch));
  }
  const { peakBytes } = residentMemory();
  await settledMemory();
  const program = programBytes() - emptyProgram;
  const arena = arenaOf(method, loaded);
  const phases = {
    data: withData - emptyBytes,
    arena: withArena - withData,
    session: withSession - withArena,
    gradient: firstPeak - withSession,
    updates: peakBytes - firstPeak,
  };
  // Weighed last: all of it lies beside what training has taken.
  const step = await weighSessions({
    make: async () => {
      const another = await bind();
      return () => another.gradient(1);
    },
    about: { session: phases.session, run: phases.gradient },
  });
  const weighed = await weighAlgebra(setting, parameters);
  // V8 counts WebAssembly memories to what is outside of its heap, as arrays.
  const webAssembly = external - loadedMemory.external - (arrayBuffers - loadedMemory.arrayBuffers);
  const algebra = weighed && { ...weighed, kernels: webAssembly - arena.total };
  return {
    emptyBytes,
    arena,
    phases,
    data,
    batch,
    copies,
    program,
    step,
    ...(algebra === undefined ? {} : { algebra }),
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

/** JavaScript's heap as it is now, and the most that V8's compilers have ever held. */
function programBytes(): number {
  const { total_physical_size: heap, peak_malloced_memory: compilers } = getHeapStatistics();
  return heap + compilers;
}

/** The optimizer's linear algebra, made and run once more, beside what it is fed. */
async function weighAlgebra(
  setting: MeasuredSetting,
  parameters: LoadedWorkload["parameters"],
): Promise<Omit<NonNullable<MeasuredMemory["algebra"]>, "kernels"> | undefined> {
  const { threads } = setting;
  const spec = parseOptimizerSpec(setting.optimizer);
  await settledMemory();
  const before = process.memoryUsage();
  const planned = plannedAlgebra(spec, parameters, threads);
  if (planned === undefined) return undefined;
  await settledMemory();
  const { arrayBuffers } = process.memoryUsage();
  const graphs = arrayBuffers - before.arrayBuffers;
  const make = graphSessions(planned.graphs, threads);
  const bytes = planned.graphs
    .flatMap(({ outputs }) => Object.values(outputs))
    .reduce((sum, { shape }) => sum + 4 * shape.reduce((product, size) => product * size, 1), 0);
  let copies = 0;
  const weighed = await weighSessions({
    make: async () => {
      const run = await make();
      return async () => {
        collectGarbage();
        const { arrayBuffers } = process.memoryUsage();
        await run();
        copies = process.memoryUsage().arrayBuffers - arrayBuffers;
      };
    },
    about: { session: planned.graphs.length * 1e5, run: bytes },
  });
  await planned.algebra.release();
  return { ...weighed, graphs, copies };
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
