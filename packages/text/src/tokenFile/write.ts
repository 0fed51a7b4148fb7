import { sha256Of, writeFileAtomically } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { requireTokens, type Tokeniser } from "../tokenisers/tokeniser.js";
import { encodeHeader, type SplitPoints } from "./header.js";

/**
 * Writes tokens with all that is needed to read them: the file appears whole or not at all.
 * @throws SteepestError `invalid-value` for a token outside the vocabulary and split points that are not
 *   within the tokens, in order
 */
export async function writeTokenFile(
  path: string,
  tokens: Uint16Array,
  tokeniser: Tokeniser,
  splits: SplitPoints,
): Promise<void> {
  requireTokens(tokens, tokeniser);
  const { validation, test = tokens.length } = splits;
  const places = [0, validation, test, tokens.length];
  if (!places.every((place, i) => Number.isInteger(place) && place >= (places[i - 1] ?? 0)))
    throw new SteepestError(
      "invalid-value",
      `the split points ${validation} and ${test} are not in order within ${tokens.length} tokens`,
      "Give 0 <= validation <= test <= number of tokens",
    );
  const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
  const { name, symbols, vocabulary } = tokeniser;
  const header = encodeHeader({
    tokeniser: name,
    ...(symbols === undefined ? {} : { symbols }),
    ...{ vocabulary, count: tokens.length, splits, sha256: sha256Of(bytes) },
  });
  const content = new Uint8Array(header.length + bytes.length);
  content.set(header);
  content.set(bytes, header.length);
  await writeFileAtomically(path, content);
}
