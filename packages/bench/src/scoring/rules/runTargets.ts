import { z } from "zod";
import { trialFiles } from "../../trial/layout.js";
import { placeOf } from "../logs/layout.js";
import type { LogSource } from "../logs/read.js";
import type { Ruleset, WorkloadTarget } from "./ruleset.js";

/** What a trial of ours writes about itself. */
const flagsSchema = z.looseObject({ workload: z.string(), target: z.number() });

/** Flags are short; what is longer is not ours. */
const longestFlags = 1 << 16;

function parseFlags(text: string): z.infer<typeof flagsSchema> | undefined {
  try {
    return flagsSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * The targets that this project's own trials were run against, from their flags: a ruleset for runs of
 * workloads that AlgoPerf does not know. Undefined where no trial names a target.
 */
export async function targetsOfRuns(source: LogSource): Promise<Ruleset | undefined> {
  const targets = new Map<string, WorkloadTarget>();
  await source.visit({
    refused: () => undefined,
    file(path) {
      if (!path.endsWith(`/${trialFiles.flags}`)) return undefined;
      const place = placeOf(path, source.name);
      if (place === undefined || targets.has(place.workload)) return undefined;
      let text = "";
      return {
        push(bytes) {
          if (text.length < longestFlags) text += bytes.toString("latin1");
        },
        end() {
          const flags = parseFlags(text);
          if (flags === undefined) return;
          const { workload: name } = place;
          targets.set(name, { name, metric: "validation/accuracy", direction: "max", target: flags.target });
        },
      };
    },
  });
  const workloads = [...targets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return workloads.length === 0
    ? undefined
    : { name: "the runs' own targets", selfTuningBudget: 1, workloads };
}
