import type { ClockReading } from "./clock.js";
import type { CompletedRun, TargetHit } from "./result.js";
import { parametersHash, type Session } from "./session.js";
import { type State, trainingTime } from "./state.js";

/** The result of a run that is over. */
export async function completed(session: Session, state: State, clocks: ClockReading): Promise<CompletedRun> {
  const { configuration, loaded } = session;
  const { workload, dataSource, procedural, optimizer, batchSize, seed, threads } = configuration;
  const { metric, target, testTarget } = configuration;
  const { step: steps, latest, best, hit, testHit, ended } = state;
  if (latest?.train === undefined || latest.test === undefined || best === undefined || ended === undefined)
    throw new Error("internal: a run ended without its last evaluation");
  const { train, validation, test } = latest;
  return {
    outcome: "completed",
    ...{ workload, dataSource, procedural, optimizer },
    parameters: loaded.parameterCount,
    ...{ batchSize, seed, threads, steps, ...trainingTime(clocks), metric, train, validation, test, best },
    ...(await startComparison(session, state)),
    ...(loaded.leastLoss === undefined ? {} : { leastLoss: loaded.leastLoss }),
    ...(target === undefined ? {} : { target: targetOutcome(target, hit) }),
    ...(testTarget === undefined ? {} : { testTarget: targetOutcome(testTarget, testHit) }),
    ended,
    parametersHash: parametersHash(session),
  };
}

const targetOutcome = (value: number, hit: TargetHit | undefined): NonNullable<CompletedRun["target"]> =>
  hit === undefined ? { value, reached: false } : { value, reached: true, ...hit };

/** The loss that the run began with, and whether it ended above that of its first mini-batch. */
async function startComparison(
  { bound }: Session,
  { initialLoss, initialValidationLoss = initialLoss, latest }: State,
): Promise<Pick<CompletedRun, "initialLoss" | "diverged">> {
  if (initialValidationLoss === undefined) return {};
  const reported = { initialLoss: initialValidationLoss };
  if (initialLoss === undefined || latest?.train === undefined) return reported;
  // One mini-batch differs from the whole split by chance: what seems to have risen is measured on the same
  // mini-batch again. A loss that is NaN now has risen too.
  const diverged = latest.train.loss > initialLoss && !((await bound.gradient(1)) <= initialLoss);
  return { ...reported, diverged };
}
