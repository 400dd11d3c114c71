import { Checkbox, Popover, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { type ReactNode, useId, useState } from "react";

import classes from "./filters.module.css";

export interface FilterOption {
  readonly value: string;
  readonly label: string;
  /** A tag's colour. */
  readonly color?: string;
}

interface FilterButtonProps {
  readonly label: string;
  /** What is chosen, in words; nothing narrows while this is empty. */
  readonly chosen: string;
  readonly children: ReactNode;
}

/** A filter as a chip: its name, or what it is set to; pressing it opens the choices. */
export function FilterButton({ label, chosen, children }: FilterButtonProps) {
  return (
    <Popover position="bottom-start" shadow="md" width={260} trapFocus>
      <Popover.Target>
        <button type="button" className={classes["chip"]} data-set={chosen !== ""}>
          <span className={classes["chipWords"]}>{chosen ? `${label}: ${chosen}` : label}</span>
          <IconChevronDown size={14} stroke={1.8} aria-hidden />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={`Filter by ${label.toLowerCase()}`}>
        {children}
      </Popover.Dropdown>
    </Popover>
  );
}

interface FilterMenuProps {
  readonly label: string;
  readonly options: readonly FilterOption[];
  readonly values: readonly string[];
  readonly onChange: (values: readonly string[]) => void;
  /** Said where there is nothing to choose from. */
  readonly none: string;
}

/** Any of some values. */
export function FilterMenu({ label, options, values, onChange, none }: FilterMenuProps) {
  const known = new Set(options.map((option) => option.value));
  const unknown = values.filter((value) => !known.has(value));
  const all = [...options, ...unknown.map((value) => ({ value, label: value }))];
  const names = all.filter((option) => values.includes(option.value)).map((one) => one.label);
  return (
    <FilterButton label={label} chosen={names.join(", ")}>
      <Choices options={all} values={values} onChange={onChange} none={none} />
    </FilterButton>
  );
}

const searchedFrom = 10;

function Choices({ options, values, onChange, none }: Omit<FilterMenuProps, "label">) {
  const [text, setText] = useState("");
  const name = useId();
  const shown = options.filter((one) => one.label.toLowerCase().includes(text.toLowerCase()));
  if (options.length === 0) return <p className={classes["none"]}>{none}</p>;
  return (
    <>
      {options.length > searchedFrom && (
        <TextInput
          size="xs"
          mb={8}
          aria-label="Search the choices"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      <Checkbox.Group value={[...values]} onChange={onChange} className={classes["choices"] ?? ""}>
        {shown.map((option) => (
          <Checkbox
            key={option.value}
            id={`${name}-${option.value}`}
            size="xs"
            value={option.value}
            label={
              <span className={classes["choice"]}>
                {option.color && <i style={{ background: option.color }} />}
                <bdi>{option.label}</bdi>
              </span>
            }
          />
        ))}
      </Checkbox.Group>
    </>
  );
}
