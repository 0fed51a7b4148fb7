import { extname } from "node:path";
import { defaultRacePoints, raceRange, tuneRace } from "@steepest/bench";
import { formatOptimizerSpec, type OptimizerSpec, registry } from "@steepest/optim";
import {
  format,
  type RaceData,
  raceFindings,
  raceHtml,
  racePng,
  raceProvisos,
  raceSvg,
  raceTable,
  ranked,
  type ThemeName,
} from "@steepest/report";
import { type RaceOptions, race, type Trajectory } from "@steepest/train";
import { findLandscape, type Landscape, landscapes } from "@steepest/workloads";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  countArgument,
  fileArgument,
  numberArgument,
  optimizerArgument,
  optimizersArgument,
} from "../../arguments.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { createProgress, type Progress, tableOptions } from "../../terminal/progress.js";
import { checkReplaceable, writePicture } from "../pictureFile.js";
import { raceData } from "./data.js";

interface RaceArguments {
  readonly optimizer?: readonly OptimizerSpec[];
  readonly lr?: number;
  readonly tune?: number | true;
  readonly steps?: number;
  readonly start?: readonly number[];
  readonly dimension?: number;
  readonly threshold?: number;
  readonly ownHyper?: true;
  readonly out: string;
  readonly theme: ThemeName;
  readonly force?: true;
  readonly json?: true;
}

/** Reads a point: `x,y,...`. */
const pointArgument = (text: string): readonly number[] => text.split(",").map(numberArgument);

/** Reads the count of --tune, which commander takes from whatever word follows. */
function tuneArgument(text: string): number {
  try {
    return countArgument(text);
  } catch (error) {
    if (!landscapes.some(({ name }) => name === text)) throw error;
    throw new InvalidArgumentError(
      `Expected an integer >= 1. Write the landscape first: steepest race ${text} --tune.`,
    );
  }
}

type Picture = (data: RaceData, theme: ThemeName) => Promise<string | Uint8Array>;
const pictures: Readonly<Record<string, Picture>> = {
  ".html": async (data) => raceHtml(data),
  ".svg": async (data, theme) => raceSvg(data, { theme }),
  ".png": async (data, theme) => racePng(data, { theme }),
};

/** `steepest race`: optimizers side by side on a function with a known minimum. */
export function raceCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("race")
    .description("Race optimizers over a landscape and draw it: an animated page, or a still picture")
    .argument("<landscape>", `one of: ${landscapes.map(({ name }) => name).join(", ")}`)
    .option(
      "-o, --optimizer <name[:key=value,...]>",
      `an optimizer to race; repeat for several (default: all ${registry.length}, see steepest optimizers)`,
      optimizersArgument,
    )
    .option(
      "--lr <number>",
      "learning rate of every method whose step it sets: not of adadelta and line searches (default: the landscape's)",
      numberArgument,
    )
    .addOption(
      new Option(
        "--tune [count]",
        `seek each method's own learning rate first, with so many runs each (${defaultRacePoints} where left out)`,
      )
        .argParser(tuneArgument)
        .conflicts("lr"),
    )
    .option("--steps <count>", "steps of each optimizer (default: the landscape's)", countArgument)
    .option("--start <x,y,...>", "where all start (default: the landscape's)", pointArgument)
    .option("--dimension <count>", "dimension of the landscape, where it has several", countArgument)
    .option(
      "--threshold <number>",
      "solved where f(x) - f* is at most this (default: the landscape's)",
      numberArgument,
    )
    .option(
      "--own-hyper",
      "leave every hyper-parameter at the method's own default, where the landscape has a setting of its own",
    )
    .option(
      "--out <file>",
      "animated page (.html) or still picture (.svg, .png)",
      fileArgument(...Object.keys(pictures)),
      "race.html",
    )
    .option("--force", "replace the file of --out also where it is no page or picture of Steepest")
    .addOption(
      new Option("--theme <name>", "colours of a still picture").choices(["light", "dark"]).default("light"),
    )
    .option("--json", "print the results as one JSON object")
    .addHelpText(
      "after",
      `
A learning rate in -o wins over --lr and --tune. Adadelta's is a factor of the step that it finds itself, 1 by default, as are those
of D-Adaptation, Prodigy and L-BFGS; --lr leaves it so: write -o adadelta:lr=0.5 to change it, or --tune. Gradient descent with a line
search has none. --tune tries the same quasi-random points of six decades for all, then points around the best of each; the same
command gives the same race. A method on matrices that does not take a vector moves the point by its companion, and methods that
average weights are shown at the average: both are said below the table.

Examples:
  steepest race rosenbrock --tune
  steepest race rastrigin -o gd -o adam -o lion -o schedule-free-adamw --lr 0.003 --steps 2000
  steepest race reddi -o adam -o amsgrad
  steepest race himmelblau -o adam -o adam:beta1=0.5 -o gd-wolfe --start 0,0 --out race.svg`,
    )
    .action(async (name: string, options: RaceArguments) => {
      finish(await runRace(io, name, options));
    });
}

async function runRace(io: Io, name: string, options: RaceArguments): Promise<ExitCode> {
  const landscape = findLandscape(
    name,
    options.dimension === undefined ? {} : { dimension: options.dimension },
  );
  const specs = options.optimizer ?? registry.map((entry) => optimizerArgument(entry.name));
  const settings = {
    steps: options.steps ?? landscape.race.steps,
    start: options.start ?? landscape.start,
    threshold: options.threshold ?? landscape.threshold,
    recommendations: options.ownHyper !== true,
  };
  if (options.force !== true) await checkReplaceable(options.out);
  const trajectories: Trajectory[] = [];
  const progress = createProgress(io);
  const points = options.tune === true ? defaultRacePoints : options.tune;
  try {
    const tuned = points === undefined ? {} : tune(landscape, specs, points, settings, progress);
    const shown = {
      ...settings,
      tuned,
      coordinates: 2,
      ...(options.lr === undefined ? {} : { learningRate: options.lr }),
    };
    progress.show(`racing ${format.counted(specs.length, "optimizer")} on ${landscape.name}`);
    for (const trajectory of race(landscape, specs, shown)) {
      trajectories.push(trajectory);
      progress.show(`${trajectory.label} is done, ${trajectories.length} of ${specs.length}`);
    }
  } finally {
    progress.clear();
  }
  const data = raceData(landscape, trajectories, {
    ...settings,
    notes: [...settingNotes(landscape, trajectories), ...(points === undefined ? [] : [tuningNote(points)])],
    command: commandLine(name, options),
  });
  const draw = pictures[extname(options.out).toLowerCase()];
  if (draw !== undefined) await writePicture(options.out, await draw(data, options.theme));
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(jsonResult(landscape, data, trajectories, options.out))}\n`
      : `${data.title}: ${format.counted(data.steps, "step")}, minimum ${format.number(data.minimum)}\n\n${raceTable(
          data,
          tableOptions(io.stdout, Number.POSITIVE_INFINITY),
        )}\n\n${[...raceFindings(data), ...raceProvisos(data)].join("\n")}\n\nThe race: ${options.out}\n`,
  );
  return exitCode.ok;
}

/** The learning rate found for each optimizer, by label. */
function tune(
  landscape: Landscape,
  specs: readonly OptimizerSpec[],
  points: number,
  settings: Pick<Required<RaceOptions>, "steps" | "start" | "threshold" | "recommendations">,
  progress: Progress,
): Readonly<Record<string, number>> {
  const tuned: Record<string, number> = {};
  let done = 0;
  progress.show(
    `seeking ${format.counted(specs.length, "learning rate")}, ${format.counted(points, "run")} each`,
  );
  for (const { label, learningRate } of tuneRace(landscape, specs, points, settings)) {
    done++;
    if (learningRate !== undefined) tuned[label] = learningRate;
    progress.show(`${label} is tuned, ${done} of ${specs.length}`);
  }
  return tuned;
}

/** What the landscape set of hyper-parameters, and how to race without. */
function settingNotes(landscape: Landscape, trajectories: readonly Trajectory[]): readonly string[] {
  const changed = trajectories.filter(({ recommended }) => Object.keys(recommended).length > 0);
  const { hyper, because } = landscape.race;
  if (changed.length === 0) return [];
  const names = Object.entries(hyper).map(([name, value]) => `${name} = ${format.number(value)}`);
  return [
    `Not the methods' defaults: the landscape sets ${names.join(", ")}${because === undefined ? "" : ` (${because})`} where a method has them and -o says nothing of them; --own-hyper races with the defaults.`,
  ];
}

const tuningNote = (points: number): string => {
  const [sizes, factors] = [raceRange({ isFactor: false }), raceRange({ isFactor: true })];
  const written = ({ min, max }: typeof sizes) => `${format.number(min)} to ${format.number(max)}`;
  return `Learning rates that were not given are the best of ${format.counted(points, "run")} each, over ${written(sizes)} (factors: ${written(factors)}), by the steps to the threshold of those that end within it, else by the final value.`;
};

/** The command that makes the same race again. */
function commandLine(name: string, options: RaceArguments): string {
  const flag = (text: string, value: number | string | undefined): readonly string[] =>
    value === undefined ? [] : [text, String(value)];
  return [
    `steepest race ${name}`,
    ...(options.optimizer ?? []).flatMap((spec) => flag("-o", formatOptimizerSpec(spec))),
    ...flag("--lr", options.lr),
    ...(options.tune === true ? ["--tune"] : flag("--tune", options.tune)),
    ...flag("--steps", options.steps),
    ...flag("--start", options.start?.join(",")),
    ...flag("--dimension", options.dimension),
    ...flag("--threshold", options.threshold),
    ...(options.ownHyper === true ? ["--own-hyper"] : []),
  ].join(" ");
}

/** Final points are given up to this dimension; beyond, the distance says enough. */
const mostCoordinates = 100;

const jsonResult = (
  landscape: Landscape,
  data: RaceData,
  trajectories: readonly Trajectory[],
  file: string,
): unknown => ({
  landscape: landscape.name,
  dimension: landscape.dimension,
  steps: data.steps,
  start: data.dimension > mostCoordinates ? undefined : data.start,
  minimum: data.minimum,
  threshold: data.threshold,
  notes: data.notes,
  runs: ranked(trajectories).map(({ label, spec, learningRate, point, outcome, ...run }) => ({
    optimizer: label,
    hyper: spec.hyper,
    setByLandscape: run.recommended,
    learningRate: learningRate ?? null,
    learningRateIsFactor: run.learningRateIsFactor,
    companion: run.companion,
    companionHyper: run.companionHyper,
    averages: run.averages,
    finalValue: run.finalValue,
    distance: run.distance,
    point: point.length > mostCoordinates ? undefined : [...point],
    firstStepUnderThreshold: outcome.kind === "solved" ? outcome.step : null,
    // Under the threshold once is no solution where the run leaves it again.
    outcome: outcome.kind === "solved" && !run.endsWithin ? "left again" : outcome.kind,
  })),
  file,
});
