import { formatOptimizerSpec, type OptimizerSpec, parseOptimizerSpec, SteepestError } from "@steepest/optim";
import { withShares } from "@steepest/train";

/** An optimizer of a comparison, with its schedule and the name that it goes by. */
export interface Entrant {
  readonly label: string;
  readonly optimizer: OptimizerSpec;
  /** As `parseSchedule` reads it. */
  readonly schedule?: string;
}

const pattern = /^(?:(?<label>[^:=+]+)=)?(?<optimizer>.*?)(?:\+(?<schedule>[a-z].*))?$/s;

/**
 * Reads `[label=]name[:key=value,...][+schedule]`, such as `adam`,
 * `adamw:weightDecay=0.1+cosine:steps=100%,warmup=5%` or `baseline=nadamw+cosine:steps=100%`. A number of
 * steps may stand as a share of the run of `steps` steps. Without a label it goes by what was written.
 * @throws SteepestError for unknown names and values out of range; the schedule is not read yet
 */
export function parseEntrant(text: string, steps: number): Entrant {
  const { label, optimizer = "", schedule } = pattern.exec(text.trim())?.groups ?? {};
  const spec = parseOptimizerSpec(withShares(optimizer, steps));
  if (label?.trim() === "")
    throw new SteepestError("invalid-value", `"${text}" begins with an empty label`, "Write label=name:...");
  return {
    label:
      label ?? (schedule === undefined && !optimizer.includes("%") ? formatOptimizerSpec(spec) : text.trim()),
    optimizer: spec,
    ...(schedule === undefined ? {} : { schedule: withShares(schedule, steps) }),
  };
}

/** What an entrant is, in full. */
export const describeEntrant = ({ optimizer, schedule }: Pick<Entrant, "optimizer" | "schedule">): string =>
  `${formatOptimizerSpec(optimizer)}${schedule === undefined ? "" : `+${schedule}`}`;

/** The folder's name of an entrant with a label. */
export const entrantFolder = (label: string): string => label.replaceAll(/[^A-Za-z0-9.=_-]+/g, "_");
