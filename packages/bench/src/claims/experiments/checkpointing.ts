import { loadMeasured, type MeasuredSetting, measuredSetting, measureMemory } from "@steepest/memory";
import { parseOptimizerSpec } from "@steepest/optim";
import { initialiseParameters } from "@steepest/workloads";
import { median } from "../../statistics/descriptive.js";
import { defineClaim } from "../claim.js";
import { figureOf, inWords, ratioOf, seriesOf } from "../findings.js";

type Checkpointing = MeasuredSetting["checkpointing"];

interface Parameters {
  /** Blocks of the GPT that decides. */
  readonly layers: number;
  /** Blocks of the GPTs whose memory is measured once beside it, ascending. */
  readonly depths: readonly number[];
  /** Windows of text a step. */
  readonly batch: number;
  /** Gradients of each kind that are timed. */
  readonly pairs: number;
  /** What the deciding GPT recomputes: `none` frees nothing. */
  readonly recomputed: Checkpointing;
}

/** nanoGPT's smallest configuration with so many blocks. */
function settingOf(
  { batch }: Pick<Parameters, "batch">,
  layers: number,
  checkpointing: Checkpointing,
  seed: number,
): MeasuredSetting {
  const setting = measuredSetting({
    ...{ workload: "nanogpt-cpu", optimizer: parseOptimizerSpec("sgd"), batchSize: batch },
    ...{ checkpointing, steps: 1 },
  });
  const { workload } = setting;
  return { ...setting, seed, workload: workload.kind === "gpt" ? { ...workload, layers } : workload };
}

/** Megabytes that a gradient takes beside parameters and gradients, in a process of its own. */
async function megabytesOf(setting: MeasuredSetting): Promise<number> {
  const { measured } = await measureMemory(setting);
  return (measured.phases.gradient - measured.copies) / 1e6;
}

/** Two ways to the same gradient. */
interface Timed {
  /** CPU milliseconds of a gradient that keeps all, and of one that recomputes. */
  readonly kept: number;
  readonly recomputed: number;
  /** The largest difference of two entries. */
  readonly difference: number;
}

/** CPU time of gradients with and without recomputing, in turns, so that both meet the same machine. */
async function timeOf(parameters: Parameters, seed: number, progress: () => Promise<void>): Promise<Timed> {
  const bind = async (checkpointing: Checkpointing) => {
    const setting = settingOf(parameters, parameters.layers, checkpointing, seed);
    const loaded = await loadMeasured(setting.workload);
    const arrays = () =>
      new Map(
        loaded.parameters.map(({ name, shape }) => [
          name,
          new Float32Array(shape.reduce((a, b) => a * b, 1)),
        ]),
      );
    const [values, gradients] = [arrays(), arrays()];
    const viewOf = (of: ReadonlyMap<string, Float32Array>) => (name: string) => {
      const view = of.get(name);
      if (view === undefined) throw new Error(`internal: there is no parameter ${name}`);
      return view;
    };
    initialiseParameters(loaded.parameters, seed, viewOf(values));
    const { batchSize, threads } = setting;
    const bound = await loaded.bind(
      { parameter: viewOf(values), gradient: viewOf(gradients) },
      { batchSize, seed, threads, checkpointing },
    );
    return { bound, gradients, times: [] as number[] };
  };
  const kept = await bind("none");
  const recomputed = await bind(parameters.recomputed);
  try {
    // The first gradients are not timed: memory is taken then, and caches are empty.
    for (let step = 0; step <= parameters.pairs; step++)
      for (const { bound, times } of [kept, recomputed]) {
        await progress();
        const before = process.cpuUsage();
        await bound.gradient(step + 1);
        const { user, system } = process.cpuUsage(before);
        if (step > 0) times.push((user + system) / 1000);
      }
  } finally {
    await kept.bound.release();
    await recomputed.bound.release();
  }
  let difference = 0;
  for (const [name, gradient] of kept.gradients) {
    const other = recomputed.gradients.get(name);
    for (const [i, value] of gradient.entries())
      difference = Math.max(difference, Math.abs(value - (other?.[i] ?? Number.NaN)));
  }
  return { kept: median(kept.times), recomputed: median(recomputed.times), difference };
}

/** Blocks between two that are kept, of which √L are best: what is kept and what is live are then in balance. */
const rootOf = (layers: number): number => Math.round(Math.sqrt(layers));

/** Megabytes by what is recomputed. */
interface Depth {
  readonly layers: number;
  readonly none: number;
  readonly full: number;
  readonly root: number;
}

/** Chen, Xu, Zhang and Guestrin 2016; Rajbhandari, Rasley, Ruwase and He 2020, section 3. */
export const checkpointing = defineClaim({
  name: "checkpointing",
  title: "Recomputing activations: memory for time",
  claim:
    "Activations that the backward pass computes again need not be kept. This frees about half of their memory, or more, for about a third more compute at most: one more forward pass. In segments of √L of the L layers, memory grows as √L.",
  setting: ({ layers, depths, batch, pairs }: Parameters) =>
    `A GPT of ${layers} blocks, four heads, width 128 and context 64, ${batch} windows a step, one thread. Memory is what the first gradient takes beside parameters and gradients: the peak of a fresh process for each reading. Time is the CPU time of a gradient, the median of ${pairs}, with and without recomputing in turns. "About" is a tenth of the activations and of the compute. GPTs of ${depths.join(", ")} blocks are measured beside it, recomputing every block or segments of √L blocks, and decide nothing. Memory and time are measured: they differ from run to run.`,
  seeds: 3,
  parameters: { layers: 8, depths: [4, 8, 16], batch: 6, pairs: 8, recomputed: "full" },
  holdsWhen: {
    freed: { quantity: "share of a gradient's memory that recomputing frees", holds: { above: 0.4 } },
    time: {
      quantity: "CPU time of a gradient with recomputing over one without",
      holds: { below: 1 + 1 / 3 + 0.1 },
      scale: "log",
    },
  },
  async run({ seeds, progress }, parameters) {
    const { layers, depths, recomputed } = parameters;
    const total = 3 * seeds.length + 3 * depths.length;
    let done = 0;
    const measured = new Map<string, number>();
    const memory = async (blocks: number, kind: Checkpointing, seed: number) => {
      await progress(done++ / total);
      // What is asked for twice is measured once.
      const setting = settingOf(parameters, blocks, kind, seed);
      const key = JSON.stringify(setting);
      const megabytes = measured.get(key) ?? (await megabytesOf(setting));
      measured.set(key, megabytes);
      return megabytes;
    };
    const found: { readonly none: number; readonly less: number; readonly time: Timed }[] = [];
    for (const seed of seeds) {
      const none = await memory(layers, "none", seed);
      const less = await memory(layers, recomputed, seed);
      const time = await timeOf(parameters, seed, () => progress(done / total));
      done++;
      found.push({ none, less, time });
    }
    const byDepth: Depth[] = [];
    for (const blocks of depths)
      byDepth.push({
        layers: blocks,
        none: await memory(blocks, "none", seeds[0] ?? 1),
        full: await memory(blocks, "full", seeds[0] ?? 1),
        root: await memory(blocks, { every: rootOf(blocks) }, seeds[0] ?? 1),
      });
    const freed = found.map(({ none, less }) => 1 - less / none);
    const slower = found.map(({ time }) => time.recomputed / time.kept);
    const share = figureOf("share of the memory freed; the lecture: 0.5", freed);
    const ratio = ratioOf("CPU time over that without recomputing; the lecture: 1.33", slower);
    const deepest = byDepth.at(-1);
    const stays = deepest === undefined ? Number.NaN : deepest.root / deepest.none;
    const inverseRoot = 1 / Math.sqrt(deepest?.layers ?? Number.NaN);
    const line = (name: string, of: (depth: Depth) => number) =>
      seriesOf(name, depths, [byDepth.map(of)], { dots: true });
    return {
      effects: { freed, time: slower },
      figures: [
        share,
        ratio,
        figureOf(
          "memory of a gradient that keeps all",
          found.map(({ none }) => none),
          "MB",
        ),
        figureOf(
          "memory of a gradient that recomputes",
          found.map(({ less }) => less),
          "MB",
        ),
        figureOf(
          "CPU time of a gradient that keeps all",
          found.map(({ time }) => time.kept),
          "ms",
        ),
        figureOf(
          "CPU time of a gradient that recomputes",
          found.map(({ time }) => time.recomputed),
          "ms",
        ),
        {
          name: "largest difference between the two gradients",
          value: Math.max(...found.map(({ time }) => time.difference)),
        },
        {
          name: `share that stays of ${deepest?.layers ?? 0} blocks in segments of √L; 1/√L is ${inverseRoot.toPrecision(3)}`,
          value: stays,
        },
      ],
      charts: [
        {
          title: "Memory of a gradient",
          x: { label: "blocks" },
          y: { label: "MB" },
          series: [
            line("all kept", ({ none }) => none),
            line("every block recomputed", ({ full }) => full),
            line("segments of √L blocks", ({ root }) => root),
          ],
        },
      ],
      tables: [
        {
          title: "Memory of a gradient in MB, measured",
          columns: ["blocks", "all kept", "every block recomputed", "segments of √L blocks", "all kept / √L"],
          rows: byDepth.map((depth) =>
            [depth.layers, depth.none, depth.full, depth.root, depth.none / Math.sqrt(depth.layers)].map(
              (value) => Number(value.toPrecision(4)),
            ),
          ),
        },
      ],
      caveat: `${inWords(share)} of the memory is freed, beside the lecture's half, and a gradient takes ${inWords(ratio)} times as long, beside its 1.33. What is freed grows with the depth: the logits and one live block stay, whatever is recomputed.`,
    };
  },
});
