import { ColorSwatch, Popover, Tooltip, UnstyledButton } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useState } from "react";

import { segmentPalette } from "@/lib/palette";

import classes from "./schema.module.css";

interface ColorChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly onChange: (color: string) => void;
}

/** A colour out of the palette that colour-blind readers can tell apart. */
export function ColorChoice({ name, value, onChange }: ColorChoiceProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus>
      <Popover.Target>
        <Tooltip label="Colour">
          <UnstyledButton
            className={classes["swatch"] ?? ""}
            aria-label={`Colour of ${name}`}
            aria-haspopup="dialog"
            onClick={() => setOpen(!isOpen)}
          >
            <ColorSwatch component="span" color={value} size={20} withShadow={false} />
          </UnstyledButton>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={`Colours for ${name}`}>
        <div className={classes["palette"]}>
          {segmentPalette.map((color) => (
            <UnstyledButton
              key={color}
              aria-label={color}
              aria-pressed={color === value}
              onClick={() => {
                onChange(color);
                setOpen(false);
              }}
            >
              <ColorSwatch component="span" color={color} size={26} withShadow={false}>
                {color === value && <IconCheck size={16} color="#000" aria-hidden />}
              </ColorSwatch>
            </UnstyledButton>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
