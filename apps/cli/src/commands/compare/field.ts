/*
 * What is compared where nobody says. Fixed lists, so that the comparison stays one of minutes.
 */

/** Linear warm-up, then a cosine wave to 0 over the run, as most submissions to AlgoPerf have it. */
const warmupCosine = "cosine:steps=100%,warmup=5%";

/**
 * The methods of the eleven submissions to AlgoPerf's external tuning track, v0.5, with their schedules over
 * our short run. Simplified are:
 *
 * - tuning: each submission has five settings of its own; here the learning rate is tuned alone, for all
 *   alike (also NadamP's, whose power is the default), and Cyclic LR has two cycles, as in two of its
 *   settings;
 * - CASPR's schedule, three nested cosines that end at 0.536, 0.75 and 1 of the run: it has one, to the end;
 * - Generalized Adam, whose cosine ends at 0.75 to 1 of the run by setting, and whose last setting is SGD
 *   with momentum: it has its usual form, a cosine to the end and no warm-up;
 * - sizes: blocks of 128 in place of 1024, and for CASPR roots every 100 steps in place of 20, which keeps a
 *   layer of 784 inputs affordable on one core.
 */
export const leaderboardMethods: readonly string[] = [
  `baseline=nadamw+${warmupCosine}`,
  "cyclic-lr=nadamw+cosine:steps=50%,warmup=2.5%@50%/cosine:steps=50%,warmup=2.5%",
  `shampoo-submission=distributed-shampoo:beta2=0.999,eps=1e-8,blockSize=128,frequency=100,grafting=adam,graftingBeta2=0.999,nadam=true+${warmupCosine}`,
  `caspr-adaptive=caspr:blockSize=128,frequency=100+${warmupCosine}`,
  "generalized-adam+cosine:steps=100%",
  `nadamp+${warmupCosine}`,
  "amos+warmup:steps=5%",
  `lawa-queue-submission=lawa-queue:base=nadamw,averageStart=2%,averagePeriod=0.2%+${warmupCosine}`,
  `lawa-ema-submission=lawa-ema:base=nadamw,averageStart=2%,averagePeriod=0.5%,averageDecayAs=published+${warmupCosine}`,
  "schedule-free-adamw:r=0.75,warmupSteps=2%",
  "schedule-free-prodigy:lr=1+warmup:steps=7.5%",
].map(labelled);

/** The classical methods for mini-batches, at constant learning rates. */
export const classicalMethods: readonly string[] = [
  "sgd",
  "momentum",
  "nesterov",
  "adagrad",
  "rmsprop",
  "adadelta",
  "adam",
  "amsgrad",
  "adamw",
  "adam-l2",
];

/** A name for the table: the optimizer's own where none is given. */
function labelled(text: string): string {
  return /^[^:=+]+=/.test(text) ? text : `${/^[^:+]+/.exec(text)?.[0] ?? ""}=${text}`;
}

export const defaultField: readonly string[] = [...leaderboardMethods, ...classicalMethods];
