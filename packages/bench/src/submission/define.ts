import { SteepestError, unknownName } from "@steepest/optim";
import { checkSpace } from "../tuning/searchSpace.js";
import { checkLike, exampleOf, type Hyperparameters, type SubmissionTuning } from "./hyperparameters.js";
import type { Submission, SubmissionState } from "./submission.js";

const functions = [
  "getBatchSize",
  "initOptimizerState",
  "updateParams",
  "dataSelection",
  "prepareForEval",
] as const;
const facts = ["name", "title", "cite", "tuning"] as const;
const members: readonly string[] = [...facts, ...functions];

const nextStep = "Write it with defineSubmission, or fromOptimizer where an optimizer and a schedule are all";

/**
 * A submission from its five functions, checked for all that can be checked before it runs.
 * @throws SteepestError `invalid-value` for whatever is missing or of another kind
 */
export function defineSubmission<
  State extends SubmissionState,
  Point extends Hyperparameters = Hyperparameters,
>(submission: Submission<State, Point>): Submission<State, Point> {
  checkSubmission(submission, "submission");
  return submission;
}

/**
 * Checks what may come from a user's module.
 * @throws SteepestError `invalid-value` that names `where` and what is missing or of another kind
 */
export function checkSubmission(value: unknown, where: string): asserts value is Submission {
  const refuse = (found: string, fix: string = nextStep) =>
    new SteepestError("invalid-value", `${where}: ${found}`, fix);
  if (!isRecord(value)) throw refuse(`expected a submission, found ${kindOf(value)}`);
  const missing = members.filter((member) => value[member] === undefined);
  if (missing.length > 0) throw refuse(`${missing.join(", ")} missing`);
  for (const member of functions)
    if (typeof value[member] !== "function")
      throw refuse(`${member} is ${kindOf(value[member])}, expected a function`);
  const { name, title, cite, tuning } = value;
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name))
    throw refuse(
      `name is ${JSON.stringify(name)}`,
      "Use letters, digits, _ and -: it names the folder of its logs",
    );
  if (typeof title !== "string") throw refuse(`title is ${kindOf(title)}, expected a text`);
  for (const [key, type] of [
    ["authors", "string"],
    ["year", "number"],
    ["title", "string"],
    ["url", "string"],
  ] as const)
    if (!isRecord(cite) || typeof cite[key] !== type)
      throw refuse(`cite.${key} is no ${type}`, "Give cite: { authors, year, title, url }");
  checkTuning(tuning, where);
}

/** @throws SteepestError `invalid-value` unless every point is there and like the others */
function checkTuning(value: unknown, where: string): asserts value is SubmissionTuning {
  const fix =
    'Give { kind: "external", points: [...] }, { kind: "external", space: {...} } or { kind: "self", hyperparameters: {...} }';
  const refuse = (found: string) => new SteepestError("invalid-value", `${where}: tuning ${found}`, fix);
  if (!isRecord(value)) throw refuse(`is ${kindOf(value)}`);
  const { kind } = value;
  const [form, second] = ["points", "space", "hyperparameters"].filter((key) => value[key] !== undefined);
  const expected = kind === "self" ? ["hyperparameters"] : ["points", "space"];
  if (kind !== "self" && kind !== "external")
    throw typeof kind === "string"
      ? unknownName(`kind of tuning of ${where}`, kind, ["external", "self"])
      : refuse("has no kind");
  if (form === undefined || !expected.includes(form))
    throw refuse(`of kind ${kind} has ${form ?? "nothing else"}, expected ${expected.join(" or ")}`);
  if (second !== undefined) throw refuse(`has ${form} and ${second}, expected one of them`);
  const given = value[form];
  if (form === "space") {
    if (!isRecord(given)) throw refuse(`space is ${kindOf(given)}`);
    checkSpace(given);
    return;
  }
  const points: readonly unknown[] = form === "points" ? (Array.isArray(given) ? given : []) : [given];
  if (points.length === 0) throw refuse("has no points");
  const checked = points.map((point) => {
    if (!isPoint(point)) throw refuse("has a point that is no record of numbers, flags and texts");
    return point;
  });
  const example = checked[0];
  if (example !== undefined) for (const point of checked) checkLike(where, point, example);
}

const isPoint = (value: unknown): value is Hyperparameters =>
  isRecord(value) &&
  Object.values(value).every((one) => ["number", "boolean", "string"].includes(typeof one));

/** Whether a value is an object with named members. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value's kind, for messages. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * The point with its names and types checked against the submission's own.
 * @throws SteepestError `invalid-value`
 */
export const checkedPoint = (
  { name, tuning }: Pick<Submission, "name" | "tuning">,
  point: Hyperparameters,
): Hyperparameters => {
  checkLike(name, point, exampleOf(tuning));
  return point;
};
