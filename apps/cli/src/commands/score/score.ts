import {
  findRuleset,
  type Ruleset,
  readTargets,
  rulesetNames,
  type ScoreReport,
  scoreLogs,
  type Tuning,
} from "@steepest/bench";
import {
  format,
  scoreCsv,
  scoreHtml,
  scoreJson,
  scoreLatex,
  scoreMarkdown,
  scoreTable,
} from "@steepest/report";
import { Command, Option } from "commander";
import { countArgument, numberArgument, pageArgument, wholeNumberArgument } from "../../arguments.js";
import type { ExitCode, Io } from "../../io.js";
import { tableOptions } from "../../terminal/progress.js";
import { checkReplaceable, writePicture } from "../pictureFile.js";
import { printable, reportDamage } from "./damage.js";

interface ScoreArguments {
  readonly rules: string;
  readonly targets?: string;
  readonly tuning?: Tuning;
  readonly exact?: true;
  readonly tauMax: number;
  readonly heldOut: boolean;
  readonly replicates: number;
  readonly seed: number;
  readonly validate?: true;
  readonly json?: true;
  readonly csv?: true;
  readonly markdown?: true;
  readonly latex?: true;
  readonly out?: string;
  readonly force?: true;
}

/** Columns of text in a file or a pipe. */
const widthWithoutTerminal = 120;

const forms = ["json", "csv", "markdown", "latex", "validate"];

/** An option that prints the result in another form than the others. */
const form = (name: string, description: string): Option =>
  new Option(`--${name}`, description).conflicts(forms.filter((other) => other !== name));

/** `steepest score`: AlgoPerf's scores of a folder or archive of logs. */
export function scoreCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("score")
    .description("Score logs in AlgoPerf's layout, with intervals, and a reason for every infinity")
    .argument("<logs>", "a folder or .tar.gz of <submission>/study_<i>/<workload>_<framework>/trial_<j>")
    .addOption(
      new Option("--rules <name>", "the rules to score by").choices([...rulesetNames]).default("v0.5"),
    )
    .option("--targets <file.json>", "workloads, targets and budgets instead of those of the rules")
    .addOption(
      new Option("--tuning <kind>", "which submissions, where the folders do not say").choices([
        "external",
        "self",
      ]),
    )
    .option("--exact", "integrate exactly and take the fastest trial of a study, unlike the official scorer")
    .option("--tau-max <number>", "where performance profiles end", numberArgument, 4)
    .option("--no-held-out", "score without held-out workloads")
    .option("--replicates <count>", "bootstrap replicates over the studies", countArgument, 2000)
    .option("--seed <number>", "of the bootstrap", wholeNumberArgument, 0)
    .addOption(form("json", "print one JSON object"))
    .addOption(form("csv", "print one row for each submission as CSV"))
    .addOption(form("markdown", "print Markdown tables"))
    .addOption(form("latex", "print LaTeX tables"))
    .addOption(form("validate", "print only what is irregular or damaged in the logs"))
    .option(
      "--out <file.html>",
      "write a page with charts and the grid that explains every cell",
      pageArgument,
    )
    .option("--force", "replace the file of --out also where it is no page of Steepest")
    .addHelpText(
      "after",
      `
Examples:
  steepest score v05-logs-external.tar.gz --rules v0.5
  steepest score logs/ --exact --json
  steepest score runs/compare-fashion-mnist --out score.html
  steepest score logs/ --validate

By default the official scorer's peculiarities are followed, so that its figures come out.
Exit codes: 0 done, 1 failed, 2 wrong usage, 4 scored, but some logs are damaged (listed on stderr).`,
    )
    .action(async (logs: string, options: ScoreArguments) => {
      finish(await runScore(io, logs, options));
    });
}

async function runScore(io: Io, logs: string, options: ScoreArguments): Promise<ExitCode> {
  const { out } = options;
  if (out !== undefined && options.force !== true) await checkReplaceable(out);
  const report = await scoreLogs(logs, await rulesetOf(options), {
    mode: options.exact === true ? "exact" : "official",
    ...(options.tuning === undefined ? {} : { tuning: options.tuning }),
    tauMax: options.tauMax,
    heldOut: options.heldOut,
    replicates: options.replicates,
    seed: options.seed,
  });
  if (out !== undefined) await writePicture(out, scoreHtml(report, commandOf(logs, options)));
  io.stdout.write(`${printed(io, report, options)}\n`);
  return reportDamage(io, report);
}

const rulesetOf = ({ rules, targets }: ScoreArguments): Promise<Ruleset> =>
  targets === undefined ? Promise.resolve(findRuleset(rules)) : readTargets(targets, rules);

function printed(io: Io, report: ScoreReport, options: ScoreArguments): string {
  if (options.json === true) return JSON.stringify(scoreJson(report), undefined, 2);
  if (options.csv === true) return scoreCsv(report);
  if (options.markdown === true) return scoreMarkdown(report);
  if (options.latex === true) return scoreLatex(report);
  if (options.validate === true) return validation(report);
  const table = scoreTable(report, tableOptions(io.stdout, widthWithoutTerminal));
  const { irregularities } = report;
  const irregular =
    irregularities.length === 0
      ? ""
      : `\n\n${format.counted(irregularities.length, "remark")} on irregular logs: --validate lists them.`;
  return `${table}${irregular}${options.out === undefined ? "" : `\n\nThe page: ${options.out}`}`;
}

function validation({ irregularities, logs }: ScoreReport): string {
  const lines = irregularities.map(({ where, text }) => printable(`${where}: ${text}`));
  const sum = `${format.counted(logs, "log")} read, ${format.counted(lines.length, "remark")}.`;
  return [...lines, sum].join("\n");
}

/** The command that makes the same page again. */
const commandOf = (logs: string, options: ScoreArguments): string =>
  [
    `npx steepest score ${logs}`,
    `--rules ${options.rules}`,
    ...(options.targets === undefined ? [] : [`--targets ${options.targets}`]),
    ...(options.tuning === undefined ? [] : [`--tuning ${options.tuning}`]),
    ...(options.exact === true ? ["--exact"] : []),
    ...(options.tauMax === 4 ? [] : [`--tau-max ${options.tauMax}`]),
    ...(options.heldOut ? [] : ["--no-held-out"]),
    `--replicates ${options.replicates} --seed ${options.seed} --out ${options.out ?? "score.html"}`,
  ].join(" ");
