import { join } from "node:path";
import { type DataSearch, findDataFolder, usualSearch } from "@steepest/files";
import { SteepestError } from "@steepest/optim";
import { type IdxArray, readIdx } from "../images/idx.js";
import type { ImageDataset, LabelledImages } from "../images/imageSet.js";
import { drawShapes } from "../images/procedural.js";
import { fashionMnistData, fashionMnistFiles } from "./files.js";

const SIDE = 28;
const CLASSES = 10;
const TRAIN = 50_000;
const LEARNING = 60_000;
const ALL = 70_000;

const layout = {
  height: SIDE,
  width: SIDE,
  classes: CLASSES,
  splits: {
    train: { start: 0, end: TRAIN },
    validation: { start: TRAIN, end: LEARNING },
    test: { start: LEARNING, end: ALL },
  },
} as const;

function expectShape(file: string, { shape }: IdxArray, expected: readonly number[]): void {
  if (shape.join() === expected.join()) return;
  throw new SteepestError(
    "shape-mismatch",
    `${file}: Fashion-MNIST has shape [${expected.join(", ")}], found [${shape.join(", ")}]`,
    "Put the file of Fashion-MNIST there, or remove it to get a copy",
  );
}

async function readFolder(folder: string): Promise<LabelledImages> {
  const pixels = new Uint8Array(ALL * SIDE * SIDE);
  const labels = new Int32Array(ALL);
  const read = async (name: string, expected: readonly number[]) => {
    const file = join(folder, name);
    const array = await readIdx(file, expected.length);
    expectShape(file, array, expected);
    return array.data;
  };
  const readPart = async (images: string, classes: string, start: number, count: number) => {
    pixels.set(await read(images, [count, SIDE, SIDE]), start * SIDE * SIDE);
    const classOf = await read(classes, [count]);
    const outside = classOf.find((label) => label >= CLASSES);
    if (outside !== undefined) {
      throw new SteepestError(
        "malformed-file",
        `${join(folder, classes)}: expected labels 0..${CLASSES - 1}, found ${outside}`,
        "Remove the file and run again to get a new copy",
      );
    }
    labels.set(classOf, start);
  };
  const { trainImages, trainLabels, testImages, testLabels } = fashionMnistFiles;
  await Promise.all([
    readPart(trainImages.name, trainLabels.name, 0, LEARNING),
    readPart(testImages.name, testLabels.name, LEARNING, ALL - LEARNING),
  ]);
  return { pixels, labels };
}

let drawn: LabelledImages | undefined;

/** The procedural stand-in, drawn once a process. */
function proceduralSet(): ImageDataset {
  drawn ??= drawShapes(ALL);
  return { ...layout, ...drawn, source: "procedural 28x28 shapes (NOT Fashion-MNIST)", procedural: true };
}

/**
 * Fashion-MNIST: 50,000 images to train, the last 10,000 training images to validate, 10,000 to test. Where
 * it cannot be had, a procedural set of the same sizes, after one loud notice.
 * @throws SteepestError `malformed-file` or `shape-mismatch` where files are there but are not what they must
 *   be; FileError `unavailable` where STEEPEST_DATA names a folder without them.
 */
export async function loadFashionMnist(
  notify: (line: string) => void,
  search: DataSearch = usualSearch(fashionMnistData),
): Promise<ImageDataset> {
  const found = await findDataFolder(fashionMnistData, search);
  if (found.kind === "missing") {
    notify(
      `WARNING: this is NOT Fashion-MNIST. It could not be had (${found.reason}). A procedural set of 28x28 shapes takes its ` +
        "place; its figures compare only with each other. To get the real data: apt install dataset-fashion-mnist, or set " +
        `STEEPEST_DATA to a folder with ${fashionMnistData.files.map(({ name }) => name).join(", ")}`,
    );
    return proceduralSet();
  }
  const images = await readFolder(found.folder);
  return { ...layout, ...images, source: `Fashion-MNIST, ${found.folder}`, procedural: false };
}
