import { Button, Popover, TextInput } from "@mantine/core";
import { IconCheck, IconMinus, IconPlus } from "@tabler/icons-react";
import { cloneElement, type ReactElement, useState } from "react";

import { useChangeTag, useCreateTag, useTags } from "@/api/requests/tags";
import type { Id, StudyChoice, Tag } from "@/api/types";
import { plural } from "@/lib/format";
import { paletteColor } from "@/lib/palette";

import { tell, tellError } from "./notices";
import classes from "./studies.module.css";

interface TagMenuProps {
  /** Which studies are meant, at the moment of choosing. */
  readonly choice: () => StudyChoice;
  /** Tags that they carry already. */
  readonly carried?: readonly Id[];
  /** Whether tags can be taken from studies of which some may carry them. */
  readonly mayTake?: boolean;
  readonly children: ReactElement<{ onClick?: () => void }>;
}

/** Give studies a tag, take one from them, or make a new one by typing its name. */
export function TagMenu({ choice, carried = [], mayTake = false, children }: TagMenuProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" width={280} trapFocus>
      <Popover.Target>
        {cloneElement(children, { onClick: () => setOpened((old) => !old) })}
      </Popover.Target>
      <Popover.Dropdown aria-label="Tags">
        <Tags choice={choice} carried={carried} mayTake={mayTake} />
      </Popover.Dropdown>
    </Popover>
  );
}

type TagsProps = Required<Omit<TagMenuProps, "children">>;

function Tags({ choice, carried, mayTake }: TagsProps) {
  const tags = useTags();
  const change = useChangeTag();
  const create = useCreateTag();
  const [text, setText] = useState("");
  const name = text.trim().replaceAll(/\s+/g, " ");
  const all = tags.data ?? [];
  const shown = all.filter((tag) => tag.name.toLowerCase().includes(name.toLowerCase()));
  const isNew = name !== "" && !all.some((tag) => tag.name.toLowerCase() === name.toLowerCase());

  function apply(tag: Tag, verb: "give" | "take") {
    change.mutate(
      { tagId: tag.id, verb, choice: choice() },
      {
        onSuccess: ({ changed }) => tell(said(tag, verb, changed)),
        onError: tellError,
      },
    );
  }

  function make() {
    const body = { name, color: paletteColor(all.length) };
    create.mutate(body, {
      onSuccess: (tag) => {
        setText("");
        apply(tag, "give");
      },
      onError: tellError,
    });
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const first = shown[0];
        if (isNew) make();
        else if (first) apply(first, carried.includes(first.id) ? "take" : "give");
      }}
    >
      <TextInput
        data-autofocus
        size="xs"
        aria-label="Find or make a tag"
        placeholder="Find or make a tag"
        maxLength={40}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <ul className={classes["tagList"]}>
        {shown.map((tag) => (
          <TagLine
            key={tag.id}
            tag={tag}
            isCarried={carried.includes(tag.id)}
            mayTake={mayTake}
            onApply={(verb) => apply(tag, verb)}
          />
        ))}
      </ul>
      {isNew && (
        <Button
          type="submit"
          fullWidth
          size="compact-sm"
          variant="light"
          leftSection={<IconPlus size={15} />}
          loading={create.isPending}
        >
          Make “{name}”
        </Button>
      )}
    </form>
  );
}

interface TagLineProps {
  readonly tag: Tag;
  readonly isCarried: boolean;
  readonly mayTake: boolean;
  readonly onApply: (verb: "give" | "take") => void;
}

function TagLine({ tag, isCarried, mayTake, onApply }: TagLineProps) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={isCarried}
        onClick={() => onApply(isCarried ? "take" : "give")}
      >
        <i style={{ background: tag.color }} />
        <bdi>{tag.name}</bdi>
        {isCarried && <IconCheck size={15} stroke={2} aria-hidden />}
      </button>
      {mayTake && (
        <button type="button" aria-label={`Take ${tag.name} away`} onClick={() => onApply("take")}>
          <IconMinus size={15} stroke={2} aria-hidden />
        </button>
      )}
    </li>
  );
}

function said(tag: Tag, verb: "give" | "take", changed: number): string {
  const studies = plural(changed, "study", "studies");
  if (changed === 0) return `Nothing changed: ${tag.name} was so already.`;
  return verb === "give" ? `${studies} tagged ${tag.name}.` : `${tag.name} taken from ${studies}.`;
}
