import { type BenchPlan, defaultWorkers, type EngineSettings, engineSchema } from "@steepest/bench";
import { SteepestError } from "@steepest/optim";
import { type Command, Option } from "commander";
import { countArgument } from "../../arguments.js";

/** What the command line may say of who carries the trials out. */
export interface EngineArguments {
  readonly engine?: EngineSettings["kind"];
  readonly workers?: number;
  readonly partition?: string;
  readonly account?: string;
  readonly timeLimit?: string;
}

/** The options of {@link EngineArguments}. */
export const withEngineOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--engine <kind>",
        "who carries the trials out: workers here, Slurm, or a printed manifest (default: the plan's)",
      ).choices(["local", "slurm", "kubernetes"]),
    )
    .option(
      "--workers <count>",
      "local: trials at a time, one thread each (default: the plan's, or one a core, at most 8)",
      countArgument,
    )
    .option("--partition <name>", "slurm: where its tasks run")
    .option("--account <name>", "slurm: who pays for them")
    .option("--time-limit <time>", "slurm: of one task, as sbatch takes it");

/** Which settings of an engine the command line may say. */
const settable: Readonly<Record<EngineSettings["kind"], readonly string[]>> = {
  local: ["workers"],
  slurm: ["partition", "account", "timeLimit"],
  kubernetes: [],
};

/** `timeLimit` as the command line has it: `--time-limit`. */
const optionOf = (setting: string): string =>
  `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/**
 * A plan with the engine that the command line asks for, if it does.
 * @throws SteepestError `invalid-value` for options of another engine, and where the plan must say more
 */
export function withEngine(plan: BenchPlan, given: EngineArguments): BenchPlan {
  const { engine: kind = plan.engine.kind, workers, partition, account, timeLimit } = given;
  const asked = Object.entries({ workers, partition, account, timeLimit }).filter(
    ([, value]) => value !== undefined,
  );
  const [stray] = asked.find(([setting]) => !settable[kind].includes(setting)) ?? [];
  if (stray !== undefined)
    throw new SteepestError(
      "invalid-value",
      `${optionOf(stray)} is no option of the engine ${kind}`,
      "Leave it out, or choose its engine with --engine",
    );
  const chosen = engineSchema.safeParse({
    ...(kind === plan.engine.kind ? plan.engine : { kind }),
    ...Object.fromEntries(asked),
  });
  if (chosen.success) return { ...plan, engine: chosen.data };
  const [issue] = chosen.error.issues;
  throw new SteepestError(
    "invalid-value",
    `the engine ${kind} needs ${issue?.path.join(".") ?? "settings"}: ${issue?.message ?? ""}`,
    "Write an engine section into the plan, as in examples/kubernetes.yaml",
  );
}

/** Trials at a time on this machine: as many as the plan says, else as many as {@link defaultWorkers}. */
export const workersOf = ({ engine }: BenchPlan): number =>
  (engine.kind === "local" ? engine.workers : undefined) ?? defaultWorkers();
