import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { bytePairTokeniser } from "./bytePairs.js";
import { restoreTokeniser } from "./restore.js";
import { characterTokeniser, wordTokeniser } from "./symbols.js";

describe("characterTokeniser", () => {
  it("orders characters by code point, as Python's sorted(set(text)), not by UTF-16 units", () => {
    const { symbols, vocabulary } = characterTokeniser("b\u{1F600}aaB\uFFFD\né");
    expect(symbols).toEqual(["\n", "B", "a", "b", "é", "\uFFFD", "\u{1F600}"]);
    expect(vocabulary).toBe(7);
  });

  it("gives every text back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        const tokeniser = characterTokeniser(text);
        const tokens = tokeniser.encode(text);
        expect(tokens).toHaveLength([...text].length);
        expect(Math.max(...tokens)).toBe(tokeniser.vocabulary - 1);
        expect(tokeniser.decode(tokens)).toBe(text);
      }),
    );
  });

  it("names a character that it does not know, and where it is", () => {
    const { encode } = characterTokeniser("abc");
    expect(() => encode("abxc")).toThrow(
      /the character "x" \(number 3 of the text\) is none of the 3.*a b c/,
    );
  });

  it("refuses tokens that are none", () => {
    const { decode } = characterTokeniser("abc");
    for (const token of [3, -1, 0.5, Number.NaN])
      expect(() => decode([0, token])).toThrow(
        new RegExp(`token 1 is ${token}, but the 3 tokens of characters are 0 to 2`),
      );
  });

  it("refuses a text without characters, and one with more than 16 bits tell apart", () => {
    expect(() => characterTokeniser("")).toThrow(/0 different characters/);
    const many = Array.from({ length: 2 ** 16 + 1 }, (_, i) => String.fromCodePoint(0x10000 + i)).join("");
    expect(() => characterTokeniser(many)).toThrow(/65537 different characters.*bytePairTokeniser/);
  });
});

describe("wordTokeniser", () => {
  it("cuts at white space and puts one space between words", () => {
    const { encode, decode } = wordTokeniser([".", "go", "home"]);
    expect([...encode(" go\n home .  go")]).toEqual([1, 2, 0, 1]);
    expect(decode([1, 2, 0])).toBe("go home .");
    expect(() => encode("go away")).toThrow(/the word "away" \(number 2/);
  });
});

describe("bytePairTokeniser", () => {
  it("has GPT-2's tokens", async () => {
    const { encode, decode, vocabulary } = await bytePairTokeniser();
    expect(vocabulary).toBe(50_257);
    // As OpenAI's own encoder gives them.
    expect([...encode("Hello world")]).toEqual([15_496, 995]);
    expect([...encode("Many words map to one token")]).toEqual([7085, 2456, 3975, 284, 530, 11_241]);
    expect(decode([15_496, 995])).toBe("Hello world");
    expect(() => decode([50_257])).toThrow(/token 0 is 50257, but the 50257 tokens of gpt2 are 0 to 50256/);
  });

  it("takes special tokens in a text for text", async () => {
    const { encode, decode } = await bytePairTokeniser();
    const tokens = encode("<|endoftext|>");
    expect(tokens.length).toBeGreaterThan(1);
    expect(tokens).not.toContain(50_256);
    expect(decode(tokens)).toBe("<|endoftext|>");
  });

  it("gives every text back", async () => {
    const { encode, decode, vocabulary } = await bytePairTokeniser();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const tokens = encode(text);
        expect(tokens.every((token) => token < vocabulary)).toBe(true);
        // A string may be no Unicode text: half a pair has no bytes.
        expect(decode(tokens)).toBe(new TextDecoder().decode(new TextEncoder().encode(text)));
      }),
    );
  });

  describe("and who does not use it", () => {
    afterEach(() => {
      vi.doUnmock("gpt-tokenizer/encoding/gpt2");
      vi.resetModules();
    });

    it("do not load its tables", async () => {
      vi.resetModules();
      const load = vi.fn(() => ({ encode: () => [1], decode: () => "", vocabularySize: 2 }));
      vi.doMock("gpt-tokenizer/encoding/gpt2", load);
      const { bytePairTokeniser: again } = await import("../index.js");
      expect(load).not.toHaveBeenCalled();
      await again();
      expect(load).toHaveBeenCalledOnce();
    });
  });
});

describe("restoreTokeniser", () => {
  it("makes the tokeniser that a name and symbols stand for", async () => {
    const characters = characterTokeniser("hello");
    expect((await restoreTokeniser(characters)).decode(characters.encode("hole"))).toBe("hole");
    const words = wordTokeniser(["a", "b"]);
    expect((await restoreTokeniser(words)).decode([1, 0])).toBe("b a");
    expect((await restoreTokeniser({ name: "gpt2" })).vocabulary).toBe(50_257);
    await expect(restoreTokeniser({ name: "words" })).rejects.toThrow(/nothing without them/);
  });
});
