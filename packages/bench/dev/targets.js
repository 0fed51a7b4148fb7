/**
 * Measures the targets of workloads (all of them by default) and writes them into
 * packages/workloads/src/targets/measured.ts, as docs/targets.md explains: minutes for each network, a few
 * for each linear model.
 *
 *   npm run build && node packages/bench/dev/targets.js [--trials 40] [--repetitions 20] [workload ...]
 *   npm run format
 *
 * A workload whose budget or data change needs a new target, its variants too.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { baselines, measureTarget } from "@steepest/bench";
import { writeFileAtomically } from "@steepest/files";
import { findWorkload, measuredTargets, workloads } from "@steepest/workloads";

const file = fileURLToPath(new URL("../../workloads/src/targets/measured.ts", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    trials: { type: "string", default: "40" },
    repetitions: { type: "string", default: "20" },
  },
});
const all = workloads.flatMap((workload) => [workload, ...(workload.heldOut ?? [])]);
const chosen = positionals.length === 0 ? all : positionals.map((name) => findWorkload(name));

/**
 * All four on a base; on a variant, to save work as AlgoPerf does, NAdamW and the other one that was best on
 * its base.
 */
function baselinesOf({ base }) {
  if (base === undefined) return baselines;
  const other = measured.get(base)?.ranking.find((name) => name !== "nadamw");
  return baselines.filter(({ name }) => name === "nadamw" || name === other);
}

const measured = new Map(Object.entries(measuredTargets));
for (const workload of chosen) {
  const target = await measureTarget(workload, {
    baselines: baselinesOf(workload),
    trials: Number(values.trials),
    repetitions: Number(values.repetitions),
    notify: (line) => process.stderr.write(`${line}\n`),
  });
  process.stderr.write(`${workload.name}: validation ${target.validation}, test ${target.test}\n`);
  measured.set(workload.name, target);
  await write();
}

/** Replaces the table, in the order of the registry. */
async function write() {
  const source = await readFile(file, "utf8");
  const head = source.slice(0, source.indexOf("= {\n") + "= {\n".length);
  const entries = all.flatMap(({ name }) => {
    const target = measured.get(name);
    return target === undefined ? [] : [`  ${JSON.stringify(name)}: ${JSON.stringify(target)},\n`];
  });
  await writeFileAtomically(file, `${head}${entries.join("")}};\n`);
}
