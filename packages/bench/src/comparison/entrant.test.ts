import { parseSchedule, SteepestError } from "@steepest/optim";
import { describe, expect, it } from "vitest";
import { describeEntrant, parseEntrant } from "./entrant.js";

describe("parseEntrant", () => {
  it("goes by its label, else by what was written", () => {
    const label = (text: string) => parseEntrant(text, 200).label;
    expect(label("adam")).toBe("adam");
    expect(label("adam:lr=0.010")).toBe("adam:lr=0.01");
    expect(label("adam+cosine:steps=100%")).toBe("adam+cosine:steps=100%");
    expect(label("mine=adam:lr=0.1")).toBe("mine");
    expect(label("lawa-queue:base=adam,averageStart=10%")).toBe("lawa-queue:base=adam,averageStart=10%");
  });

  it("reads optimizer and schedule, shares of the run as steps", () => {
    const text = "cyclic=nadamw:beta2=0.99+cosine:steps=50%,warmup=2%@50%/cosine:steps=50%";
    const entrant = parseEntrant(text, 200);
    expect(entrant).toEqual({
      label: "cyclic",
      optimizer: { name: "nadamw", hyper: { beta2: 0.99 }, options: {} },
      schedule: "cosine:steps=100,warmup=4@100/cosine:steps=100",
    });
    expect(() => parseSchedule(entrant.schedule ?? "")).not.toThrow();
    expect(parseEntrant("lawa-queue:averageStart=10%", 200).optimizer.hyper).toEqual({ averageStart: 20 });
    // A plus before a digit is part of a number.
    expect(parseEntrant("adam:eps=1e+0", 200)).toMatchObject({ optimizer: { hyper: { eps: 1 } } });
  });

  it("is written in full so that it reads back as the same", () => {
    for (const text of ["adam", "a=adamw:lr=0.1+cosine:steps=100%", "sam:base=adamw+warmup:steps=5%"]) {
      const entrant = parseEntrant(text, 300);
      const again = parseEntrant(
        `${entrant.label.replaceAll(/[:=+].*/g, "")}=${describeEntrant(entrant)}`,
        300,
      );
      expect({ ...again, label: entrant.label }).toEqual(entrant);
    }
  });

  it("refuses names that are not there, with the nearest", () => {
    expect(() => parseEntrant("mine=adamm", 100)).toThrow(/Did you mean "adam"/);
    expect(() => parseEntrant(" =adam", 100)).toThrow(SteepestError);
  });
});
