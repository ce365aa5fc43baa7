// What the three guided tours say and do. `drive` is the page: it chooses, paints and waits.

import { DEFAULTS } from "./settings.js";

const { size: _, ...BEGIN } = DEFAULTS; // the size stays as it is
const STEPS = 40;

export const TOURS = {
  pixels: {
    title: "The pixels are the parameters",
    stops: [
      {
        target: "#stage",
        act: (drive) => drive.begin(BEGIN),
        text: ({ pixels: [width, height] }) =>
          `This photo is ${(3 * width * height).toLocaleString("en-US")} numbers: ${width} × ${height} pixels with red, ` +
          "green and blue, each from 0 to 1. They are the parameters. The network was trained long ago, and none of its " +
          "numbers will change here.",
      },
      {
        target: "#step",
        text: "An optimizer, Adam, gets the gradient of the loss for each of these numbers, and makes one step.",
        question: "By how much does the first step change a number?",
        answers: ["By about 0.02, up or down", "By as much as the loss", "Only a few numbers change"],
        right: 0,
        reveal:
          "Adam's first step moves nearly every number by the rate, 0.02, in the direction in which the loss falls. " +
          "It has just done so: look closely, you hardly see it.",
        act: (drive) => drive.steps(1),
      },
      {
        target: "#losses",
        act: (drive) => drive.paint(STEPS),
        text:
          `Now it makes ${STEPS} steps. After each, the network looks again and says which way is downhill from here. ` +
          "The style losses fall, layer by layer. The content loss was 0 at the photo, so it can only rise at first.",
      },
      {
        target: ".options",
        text: "Suppose we start from gray noise. Losses and weights stay as they are.",
        question: "What will the picture be after as many steps?",
        answers: [
          "The same picture as before",
          "Strokes and colors first, little of the photo",
          "Still noise",
        ],
        right: 1,
        reveal:
          "The losses are the same, only the first picture is different. Colors and strokes are soon found, because they " +
          "may lie anywhere. The photo comes back slowly: relu4_2 knows roughly what is where, not each pixel.",
        act: async (drive) => {
          await drive.begin({ ...BEGIN, start: "noise" });
          await drive.paint(STEPS);
        },
      },
      {
        target: "#weights",
        text: "Now α and β are 0, and only smoothness counts: the total variation, which is large where neighbors differ.",
        question: "What becomes of the photo?",
        answers: ["It stays as it is, without style", "It gets blurred", "It turns black"],
        right: 1,
        reveal:
          "Nothing in the loss knows the photo any more. Neighboring pixels become alike, and the edges disappear. " +
          "The optimizer makes the loss small, and this loss asks for nothing else.",
        act: async (drive) => {
          await drive.begin({ ...BEGIN, alpha: 0, beta: 0, tv: 100 });
          await drive.paint(STEPS);
        },
      },
      {
        target: "#stage",
        act: (drive) => drive.begin(BEGIN),
        text:
          "So one thing moves, the pixels. The network, the photo and the painting only say what the loss is. " +
          "Notebook 00 does the same in a few lines of Python.",
        links: [["Notebook 00", "../00_start_here.html"]],
      },
    ],
  },

  gram: {
    title: "What a Gram matrix holds",
    stops: [
      {
        target: "#gram",
        act: (drive) => drive.begin({ ...BEGIN, painting: "waves", gram: "relu3_1" }),
        text:
          "The layer relu3_1 has 64 channels, and each makes a map of the picture. The Gram matrix has an entry for " +
          "every pair of channels: bright where the two fire together a lot.",
      },
      {
        target: ".behind",
        act: (drive) => drive.telling(),
        text:
          "Here is how an entry is made, in the picture and in the painting: map times map is the product, position by " +
          "position. The mean of the product over all positions is the entry. On the right you see where both fire.",
      },
      {
        target: "#size",
        text: ({ settings }) =>
          `The picture has ${settings.size} pixels on its longer side. Let us take another size.`,
        question: "How large is the Gram matrix then?",
        answers: ["It grows with the picture", "64 × 64, as before", "It depends on the painting"],
        right: 1,
        reveal:
          "The positions are summed out, so the number of positions does not matter. Only the number of channels does. " +
          "That is also why the painting may have any size and shape.",
        act: (drive) =>
          drive.begin({ ...BEGIN, painting: "waves", size: drive.settings.size === 128 ? 192 : 128 }),
      },
      {
        target: ".matrix.painting",
        side: "left",
        text: "This is the painting's matrix, the target.",
        question: "Can you read from it where the red sun is?",
        answers: ["Yes, in the diagonal", "Yes, in its rows", "No"],
        right: 2,
        reveal:
          "Where things are has been summed out as well. If you put the positions of all maps in another order, the " +
          "matrix stays the same. It holds which features go together, and that is what we call style.",
      },
      {
        target: ".matrix.difference",
        side: "left",
        text: "The style loss of this layer is the mean square of the difference, relative to the painting.",
        question: "What will you see here while it paints?",
        answers: ["It fades to black", "It gets brighter", "It does not change"],
        right: 0,
        reveal:
          "Step by step the picture's matrix becomes the painting's, and the difference fades. The scale is logarithmic, " +
          "so that what is left stays visible.",
        act: (drive) => drive.paint(STEPS),
      },
      {
        target: "#layers",
        side: "left",
        act: (drive) => drive.set({ gram: "relu1_1" }),
        text:
          "Each layer has a matrix of its own. relu1_1 has 16 channels and sees 3 × 3 pixels: colors and fine edges. " +
          "Deeper layers see larger parts: strokes, then curls. Notebook 03 takes these matrices apart.",
        links: [["Notebook 03", "../03_gram.html"]],
      },
    ],
  },

  ratio: {
    title: "α against β",
    stops: [
      {
        target: "#weights",
        act: async (drive) => {
          await drive.begin(BEGIN);
          await drive.paint(STEPS);
        },
        text:
          "The total loss is α times the content loss, plus β times the style losses, plus a little smoothness. " +
          "It paints now with α = 1 and β = 100.",
      },
      {
        target: "[data-row='beta']",
        near: "#weights",
        text: "Suppose we multiply all weights by 10.",
        question: "What happens to the picture?",
        answers: ["Ten times more style", "Next to nothing", "It is painted ten times faster"],
        right: 1,
        reveal:
          "The gradient becomes ten times as long and keeps its direction, and Adam divides its length out. " +
          "Only the ratio of the weights counts.",
        act: async (drive) => {
          drive.set({ alpha: 10, beta: 1000, tv: 50 });
          await drive.paint(STEPS / 2);
        },
      },
      {
        target: "#stage",
        text: "Back to α = 1. Now β goes down to 1 while it paints, a hundredth of what it was.",
        question: "What will the picture do?",
        answers: ["Nothing: it is painted already", "Go back towards the photo", "Get more colorful"],
        right: 1,
        reveal:
          "Every step follows the gradient of the loss as it is now. The content loss pulls the pixels back towards the " +
          "photo, as far as relu4_2 still tells what was there.",
        act: async (drive) => {
          drive.set({ alpha: 1, beta: 1, tv: 5 });
          await drive.paint(2 * STEPS);
        },
      },
      {
        target: "#losses",
        text: "And now β goes up to 10,000.",
        question: "Which curve rises?",
        answers: ["The content loss", "The style losses", "None"],
        right: 0,
        reveal: "The picture gives up likeness to the photo in order to gain style.",
        act: async (drive) => {
          drive.set({ beta: 10000 });
          await drive.paint(STEPS);
        },
      },
      {
        target: "[data-row='relu1_1']",
        near: "#weights",
        text: "β is a sum of five layers, and each has a share. Now only relu1_1 counts, which sees 3 × 3 pixels.",
        question: "What will be missing?",
        answers: ["The painting's colors", "Its strokes and swirls", "The photo"],
        right: 1,
        reveal: "The colors and a fine grain come, strokes do not: they are wider than what the layer sees.",
        act: async (drive) => {
          await drive.begin({ ...BEGIN, layers: [3, 0, 0, 0, 0] });
          await drive.paint(STEPS);
        },
      },
      {
        target: "#weights",
        act: (drive) => drive.begin(BEGIN),
        text:
          "Everything here can be moved while it paints. The link that you can copy below the picture keeps your " +
          "settings. Notebook 05 builds this loss step by step.",
        links: [["Notebook 05", "../05_transfer.html"]],
      },
    ],
  },
};
