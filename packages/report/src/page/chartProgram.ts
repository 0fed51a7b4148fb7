import { createChartRoot } from "../chart/chartRoot.js";
import { createPageColours } from "../chart/charts.js";
import { createCharts } from "../chart/lineChart.js";
import { createScales } from "../chart/scales.js";
import { createSwatch } from "../chart/swatch.js";
import { pageProgram } from "../html/program.js";
import { createFormat } from "../text/format.js";
import { createChartPanels } from "./chartPanel.js";
import { createDom } from "./dom.js";
import { createLegends } from "./legend.js";

/** A program with what every page of charts needs. */
export const chartProgram = () =>
  pageProgram()
    .with("format", createFormat)
    .with("scales", createScales)
    .with("chartRoot", createChartRoot)
    .with("charts", createCharts)
    .with("colours", createPageColours)
    .with("swatch", createSwatch)
    .with("dom", createDom)
    .with("chartPanels", createChartPanels)
    .with("legends", createLegends);
