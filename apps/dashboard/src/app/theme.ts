import { createTheme, type MantineColorsTuple } from "@mantine/core";
import { ChevronsUpDown } from "lucide-react";
import { createElement } from "react";

/** A colour of ours has no ramp: each use is decided in tokens.css, per theme. Mantine only has to know the name. */
function tupleOf(token: string): MantineColorsTuple {
  const value = `var(--${token})`;
  return [value, value, value, value, value, value, value, value, value, value];
}

// Sizes, spacing and colours are CSS variables (mantine.css). Here are only the choices that are props.
export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: 6,
  autoContrast: false,
  focusRing: "auto",
  respectReducedMotion: true,
  defaultRadius: "sm",
  fontFamily: "var(--font-sans)",
  fontFamilyMonospace: "var(--font-mono)",
  colors: {
    accent: tupleOf("accent"),
    ok: tupleOf("ok"),
    warn: tupleOf("warn"),
    bad: tupleOf("bad"),
    info: tupleOf("info"),
  },
  components: {
    Button: {
      defaultProps: { variant: "default", size: "sm" },
      // Mantine colours a ghost button with the primary colour; here colour means action on data, not chrome.
      vars: (_theme: unknown, props: { readonly variant?: string; readonly color?: string }) => ({
        root:
          props.variant === "subtle" && !props.color
            ? { "--button-color": "var(--fg-2)", "--button-hover": "var(--hover)" }
            : {},
      }),
    },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "sm" } },
    NativeSelect: { defaultProps: { size: "sm", rightSection: createElement(ChevronsUpDown, { size: 14 }) } },
    Switch: { defaultProps: { size: "sm", withThumbIndicator: false } },
    SegmentedControl: { defaultProps: { size: "sm", transitionDuration: 120, withItemsBorders: false } },
    // The placeholder is a focusable element without a role, which a menu may not hold.
    Menu: {
      defaultProps: { shadow: "md", offset: 4, transitionProps: { duration: 0 }, withInitialFocusPlaceholder: false },
    },
    // Inside a landmark of our own (App.tsx), so that nothing on the page is outside of one.
    Portal: { defaultProps: { target: "#overlays" } },
    Popover: { defaultProps: { shadow: "md", offset: 4, transitionProps: { duration: 0 } } },
    Tooltip: {
      defaultProps: {
        openDelay: 300,
        transitionProps: { duration: 0 },
        events: { hover: true, focus: true, touch: false },
      },
    },
    Modal: {
      defaultProps: {
        centered: true,
        withCloseButton: false,
        // The page itself never scrolls, and the lock would be written as a style element.
        lockScroll: false,
        padding: 0,
        radius: "lg",
        size: 640,
        transitionProps: { duration: 120, transition: "fade" },
        overlayProps: { backgroundOpacity: 1, color: "var(--overlay)" },
      },
    },
  },
});
