import { Kbd, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { type RefObject, useEffect, useState } from "react";

import classes from "./studies.module.css";

interface SearchFieldProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly field: RefObject<HTMLInputElement | null>;
  /** Enter or arrow down: on to what was found. */
  readonly onLeave: () => void;
}

/** Words of a patient, a description, an accession number; asked when typing pauses. */
export function SearchField({ value, onChange, field, onLeave }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const [settled] = useDebouncedValue(text.trim(), 200);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the settled text is news
  useEffect(() => {
    if (settled !== value) onChange(settled);
  }, [settled]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only words set from elsewhere are news
  useEffect(() => {
    if (value !== settled) setText(value);
  }, [value]);
  return (
    <TextInput
      ref={field}
      className={classes["search"] ?? ""}
      aria-label="Search studies"
      placeholder="Patient, description, accession, UID"
      leftSection={<IconSearch size={17} stroke={1.6} />}
      rightSection={<Kbd size="xs">/</Kbd>}
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (!["Enter", "ArrowDown", "Escape"].includes(event.key)) return;
        event.preventDefault();
        if (event.key === "Escape" && text) setText("");
        else onLeave();
      }}
    />
  );
}
