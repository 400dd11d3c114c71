import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  Modal,
  Tooltip,
  type VariantColorsResolver,
} from "@mantine/core";

/** Cyan-teal: what is active, and nothing else. */
const accent: MantineColorsTuple = [
  "#e3fbfa",
  "#c4f3f1",
  "#9fe9e6",
  "#74ddd9",
  "#50d3ce",
  "#35c9c3",
  "#26b1ab",
  "#17918c",
  "#0b7571",
  "#045c59",
];

/** Violet: everything a model made. */
const model: MantineColorsTuple = [
  "#f3efff",
  "#e3daff",
  "#d0c1ff",
  "#bda6ff",
  "#b197fc",
  "#a488fa",
  "#8c6cf0",
  "#7452dd",
  "#6140c4",
  "#4c2fa3",
];

const amber: MantineColorsTuple = [
  "#fff6e0",
  "#ffebbd",
  "#fddc92",
  "#f9cc66",
  "#f5bd45",
  "#f0b02c",
  "#d29416",
  "#a87206",
  "#855800",
  "#664300",
];

/** Text, hairlines and surfaces of the dark theme, lightest first. */
const dark: MantineColorsTuple = [
  "#e7eaee",
  "#c5ccd5",
  "#9aa4b2",
  "#8b95a3",
  "#262c34",
  "#20262d",
  "#1b2026",
  "#14171b",
  "#101317",
  "#0c0e11",
];

/** What stands on the accent: dark on the bright one, white on the deep one of the light theme. */
const resolveVariant: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  const isAccent = input.color === undefined || input.color === "accent";
  return input.variant === "filled" && isAccent
    ? { ...colors, color: "var(--limn-on-accent)" }
    : colors;
};

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 8, dark: 5 },
  variantColorResolver: resolveVariant,
  colors: { accent, model, amber, dark },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "22px" }, h2: { fontSize: "16px" } } },
  defaultRadius: 6,
  radius: { md: "6px" },
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: "sm", fz: 14 } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withArrow: false, transitionProps: { duration: 80 } },
      styles: {
        tooltip: {
          border: "1px solid var(--limn-line)",
          background: "var(--limn-raised)",
          color: "var(--limn-text)",
        },
      },
    }),
    Modal: Modal.extend({
      defaultProps: {
        transitionProps: { duration: 90 },
        centered: true,
        closeButtonProps: { "aria-label": "Close" },
      },
      styles: {
        content: { background: "var(--limn-panel)" },
        header: { background: "var(--limn-panel)" },
      },
    }),
  },
});

/** The surface language as CSS variables, the same names in both themes. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  dark: {
    "--mantine-color-body": "#0c0e11",
    "--mantine-color-text": "#e7eaee",
    "--mantine-color-dimmed": "#9aa4b2",
    "--mantine-color-default": "#1b2026",
    "--mantine-color-default-hover": "#232a32",
    "--mantine-color-default-border": "#2f3740",
    "--mantine-color-error": "#ff8080",
    "--limn-page": "#0c0e11",
    "--limn-panel": "#14171b",
    "--limn-raised": "#1b2026",
    "--limn-hover": "#1f252c",
    "--limn-line": "#262c34",
    "--limn-text": "#e7eaee",
    "--limn-dim": "#9aa4b2",
    "--limn-accent": "#35c9c3",
    "--limn-on-accent": "#03211f",
    "--limn-accent-soft": "rgb(53 201 195 / 12%)",
    "--limn-warn": "#f0b02c",
    "--limn-warn-soft": "rgb(240 176 44 / 11%)",
    "--limn-bad": "#ff8080",
    "--limn-bad-soft": "rgb(255 107 107 / 12%)",
    "--limn-model": "#b197fc",
    "--limn-model-soft": "rgb(177 151 252 / 13%)",
    "--limn-good": "#7fd49b",
    "--limn-todo": "#3a434e",
    "--limn-progress": "#5b8bd0",
  },
  light: {
    "--mantine-color-body": "#f4f6f8",
    "--mantine-color-text": "#14181d",
    "--mantine-color-dimmed": "#54606e",
    "--mantine-color-default": "#ffffff",
    "--mantine-color-default-hover": "#f0f3f6",
    "--mantine-color-default-border": "#cfd6de",
    "--mantine-color-error": "#b3261e",
    "--limn-page": "#f4f6f8",
    "--limn-panel": "#ffffff",
    "--limn-raised": "#edf0f4",
    "--limn-hover": "#f0f3f6",
    "--limn-line": "#d8dee6",
    "--limn-text": "#14181d",
    "--limn-dim": "#54606e",
    "--limn-accent": "#08625f",
    "--limn-on-accent": "#ffffff",
    "--limn-accent-soft": "rgb(11 117 113 / 10%)",
    "--limn-warn": "#855800",
    "--limn-warn-soft": "rgb(240 176 44 / 18%)",
    "--limn-bad": "#b3261e",
    "--limn-bad-soft": "rgb(179 38 30 / 9%)",
    "--limn-model": "#6140c4",
    "--limn-model-soft": "rgb(97 64 196 / 10%)",
    "--limn-good": "#1f7a42",
    "--limn-todo": "#c3ccd6",
    "--limn-progress": "#2f69b8",
  },
});
