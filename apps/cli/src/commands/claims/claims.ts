import { cpus } from "node:os";
import { type Claim, type ClaimResult, claims, findClaim, runClaim } from "@steepest/bench";
import { SteepestError } from "@steepest/optim";
import { type ClaimsData, claimsHtml, format, tallyText } from "@steepest/report";
import { Command, InvalidArgumentError } from "commander";
import { pageArgument, wholeNumberArgument } from "../../arguments.js";
import { interruptible, shellWord } from "../../interruption.js";
import { type ExitCode, exitCode, type Io } from "../../io.js";
import { checkOutFile } from "../../outFolder.js";
import { bar, columnsOf, createProgress, tableOptions } from "../../terminal/progress.js";
import { checkReplaceable, writePicture } from "../pictureFile.js";
import { claimData, claimTable, describeClaim, resultText, verdictTable } from "./text.js";

interface RunArguments {
  readonly all?: true;
  readonly seeds?: number;
  readonly out: string;
  readonly force?: true;
  readonly json?: true;
}

/** Columns of text in a file or a pipe. */
const widthWithoutTerminal = 110;

/** `steepest claims`: statements about optimizers, and the experiments that decide them. */
export function claimsCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return (
    new Command("claims")
      .description("List the lecture's claims about optimizers, show one in full, or run their experiments")
      .argument("[name]", "a claim to show in full", findClaim)
      .option("--json", "print as JSON")
      // What stands after `run` is for `run`, also where it has the same name.
      .enablePositionalOptions()
      .addCommand(runCommand(io, finish))
      .addHelpText(
        "after",
        `
Examples:
  steepest claims
  steepest claims adagrad-sparse
  steepest claims run adagrad-sparse
  steepest claims run --all --out claims.html`,
      )
      .action((claim: Claim | undefined, { json }: { readonly json?: true }) => {
        const width = columnsOf(io.stdout, widthWithoutTerminal);
        io.stdout.write(`${json === true ? asJson(claim) : asText(claim, width)}\n`);
        finish(exitCode.ok);
      })
  );
}

const asText = (claim: Claim | undefined, width: number): string =>
  claim === undefined ? claimTable(claims, width) : describeClaim(claim, width);

const asJson = (claim: Claim | undefined): string =>
  JSON.stringify(claim === undefined ? claims.map(claimData) : claimData(claim), undefined, 2);

/** Reads how many seeds: an interval needs two. */
function seedsArgument(text: string): number {
  const count = wholeNumberArgument(text);
  if (count < 2) throw new InvalidArgumentError("Expected an integer >= 2: an interval needs two seeds.");
  return count;
}

/** Collects names of claims. */
const claimsArgument = (name: string, previous: readonly Claim[] = []): readonly Claim[] => [
  ...previous,
  findClaim(name),
];

function runCommand(io: Io, finish: (code: ExitCode) => void): Command {
  return new Command("run")
    .description(
      "Run the experiments of claims: verdicts with intervals over seeds, and one page with charts",
    )
    .argument("[name...]", "claims to run", claimsArgument)
    .option("--all", "run every claim")
    .option("--seeds <count>", "seeds of each experiment, at least 2 (default: the claim's)", seedsArgument)
    .option("--out <file.html>", "the page", pageArgument, "claims.html")
    .option("--force", "replace the file of --out also where it is no page of Steepest")
    .option("--json", "print the results as one JSON object")
    .addHelpText(
      "after",
      `
A verdict is a result: the exit code is 0 also where a claim does not hold. Apart from measured times, the same command gives the
same figures. Interrupted with Ctrl-C, it writes the page of the claims that are done, and prints the command for the rest.

Examples:
  steepest claims run adam-bias adagrad-sparse
  steepest claims run --all
  steepest claims run sgd-unbiased --seeds 20 --out unbiased.html

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`,
    )
    .action(async (named: readonly Claim[] | undefined, options: RunArguments) => {
      finish(await interruptible((signal) => runClaims(io, chosen(named ?? [], options), options, signal)));
    });
}

/** @throws SteepestError `invalid-value` where nothing is named, or `--all` and names are given together */
function chosen(named: readonly Claim[], { all }: RunArguments): readonly Claim[] {
  if (all === true && named.length > 0)
    throw new SteepestError("invalid-value", "--all and names exclude each other", "Give one of the two");
  if (all !== true && named.length === 0)
    throw new SteepestError(
      "invalid-value",
      "no claim is named",
      "Name some of steepest claims, or run all of them with steepest claims run --all",
    );
  return all === true ? claims : [...new Set(named)];
}

async function runClaims(
  io: Io,
  selected: readonly Claim[],
  options: RunArguments,
  signal: AbortSignal,
): Promise<ExitCode> {
  await checkOutFile(options.out);
  if (options.force !== true) await checkReplaceable(options.out);
  const results: ClaimResult[] = [];
  const progress = createProgress(io);
  const width = columnsOf(io.stdout, widthWithoutTerminal);
  try {
    for (const [index, claim] of selected.entries()) {
      const place = `[${index + 1}/${selected.length}] ${claim.name}`;
      const result = await runClaim(claim, {
        signal,
        ...(options.seeds === undefined ? {} : { seeds: options.seeds }),
        onProgress: (fraction) => progress.show(`${place} ${bar(fraction, 24)}`),
      });
      results.push(result);
      progress.clear();
      if (options.json === true) progress.print(`${place}: ${result.verdict.kind}`);
      else io.stdout.write(`${resultText(result, width)}\n\n`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.clear();
  }
  const done = selected.slice(0, results.length);
  if (done.length > 0) {
    const data: ClaimsData = {
      claims: results,
      command: commandOf(done, options),
      environment: environment(),
    };
    await writePicture(options.out, claimsHtml(data));
    io.stdout.write(
      options.json === true ? `${asResultJson(results, options.out)}\n` : summary(io, results, options.out),
    );
  }
  if (done.length === selected.length) return exitCode.ok;
  io.stderr.write(interruption(selected, done.length, options));
  return exitCode.interrupted;
}

/** What was kept of a run that was interrupted, and the command for the rest, which leaves that alone. */
function interruption(selected: readonly Claim[], done: number, options: RunArguments): string {
  const kept = done === 0 ? "no page was written" : `what is done is in ${options.out}`;
  const out = done === 0 ? options.out : options.out.replace(/(\.html)$/i, "-rest$1");
  const { all: _all, ...others } = options;
  const command = [
    commandOf(selected.slice(done), others),
    ...(out === "claims.html" ? [] : [`--out ${shellWord(out)}`]),
    ...(options.json === true ? ["--json"] : []),
  ].join(" ");
  return `Interrupted after ${done} of ${format.counted(selected.length, "claim")}; ${kept}. Run the rest with:\n  ${command}\n`;
}

const summary = (io: Io, results: readonly ClaimResult[], out: string): string => {
  const table = verdictTable(results, tableOptions(io.stdout, widthWithoutTerminal));
  return `${results.length > 1 ? `${table}\n\n${tallyText(results)}.\n` : ""}The page: ${out}\n`;
};

const asResultJson = (results: readonly ClaimResult[], file: string): string =>
  JSON.stringify({ claims: results.map(({ charts: _charts, ...result }) => result), file });

const environment = (): Readonly<Record<string, string>> => ({
  processor: cpus()[0]?.model ?? "unknown",
  node: process.version,
});

/** The command that makes the same page again. */
const commandOf = (selected: readonly Claim[], { all, seeds }: RunArguments): string =>
  [
    "npx steepest claims run",
    ...(all === true ? ["--all"] : selected.map(({ name }) => name)),
    ...(seeds === undefined ? [] : [`--seeds ${seeds}`]),
  ].join(" ");
