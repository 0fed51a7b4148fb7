import { join } from "node:path";
import { type BenchPlan, rulesetOfPlan, scoreLogs } from "@steepest/bench";
import { scoreHtml, scoreJson, scoreTable } from "@steepest/report";
import { Command } from "commander";
import { shellWord } from "../../interruption.js";
import type { ExitCode, Io } from "../../io.js";
import { tableOptions } from "../../terminal/progress.js";
import { writePicture } from "../pictureFile.js";
import { reportDamage } from "../score/damage.js";
import { openBench } from "./place.js";

/** Columns of text in a file or a pipe. */
const widthWithoutTerminal = 120;

/** `steepest bench score`: the leaderboard of a bench, complete or not. */
export const benchScoreCommand = (io: Io, finish: (code: ExitCode) => void): Command =>
  new Command("score")
    .description("Score what a bench has done so far, and write its page")
    .argument("<folder>", "the bench")
    .option("--json", "print one JSON object, as steepest score does")
    .addHelpText(
      "after",
      `
Exit codes: 0 done, 1 failed, 2 wrong usage, 4 scored, but some logs are damaged (listed on stderr).`,
    )
    .action(async (path: string, { json }: { readonly json?: true }) => {
      const { folder, plan } = await openBench(path);
      finish(await printScore(io, folder, plan, json === true));
    });

/** Scores a bench's folder: table or JSON to stdout, the page into the folder, damaged logs to stderr. */
export async function printScore(io: Io, folder: string, plan: BenchPlan, json: boolean): Promise<ExitCode> {
  const report = await scoreLogs(folder, rulesetOfPlan(plan), { tuning: plan.rules });
  const page = join(folder, "report.html");
  await writePicture(page, scoreHtml(report, `npx steepest bench score ${shellWord(folder)}`));
  const table = () => scoreTable(report, tableOptions(io.stdout, widthWithoutTerminal));
  io.stdout.write(
    json
      ? `${JSON.stringify(scoreJson(report), undefined, 2)}\n`
      : `${table()}\n\nTrials: ${folder}\nReport: ${page}\n`,
  );
  return reportDamage(io, report);
}
