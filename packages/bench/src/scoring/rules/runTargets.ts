import { z } from "zod";
import { trialFiles } from "../../trial/layout.js";
import { placeOf } from "../logs/layout.js";
import type { LogSource } from "../logs/read.js";
import { scoringClockSchema } from "./clock.js";
import type { Ruleset, WorkloadTarget } from "./ruleset.js";

/** What a trial's flags say of how its logs are scored, beside the target's value. */
export const scoringFlagsSchema = z.strictObject({
  /** The column that is held against the target. */
  metric: z.string(),
  direction: z.enum(["min", "max"]),
  clock: scoringClockSchema,
  /** On the clock. */
  budget: z.number().exactOptional(),
  /** Steps that the submission could expect. */
  stepHint: z.int().exactOptional(),
  /** The workload of which this is a held-out variant. */
  base: z.string().exactOptional(),
});

/** {@link scoringFlagsSchema} as plain data. */
export type ScoringFlags = Readonly<z.infer<typeof scoringFlagsSchema>>;

/** How trials of classifiers are scored whose flags do not say. */
const classifier: Omit<ScoringFlags, "clock"> = { metric: "validation/accuracy", direction: "max" };

/** What a trial of ours writes about itself. */
const flagsSchema = z.looseObject({
  workload: z.string(),
  target: z.number(),
  scoring: scoringFlagsSchema.exactOptional(),
});

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
          targets.set(name, { name, target: flags.target, ...(flags.scoring ?? classifier) });
        },
      };
    },
  });
  const workloads = [...targets.values()]
    // A variant without its base decides about nothing.
    .map(({ base, ...target }) => (base === undefined || !targets.has(base) ? target : { ...target, base }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return workloads.length === 0
    ? undefined
    : { name: "the runs' own targets", selfTuningBudget: 1, workloads };
}
