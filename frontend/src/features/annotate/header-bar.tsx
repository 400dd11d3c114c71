import { ActionIcon, Menu, Tooltip, VisuallyHidden } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconChevronLeft,
  IconDotsVertical,
  IconFlag,
  IconHistory,
  IconInfoCircle,
  IconKeyboard,
  IconPlayerSkipForward,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { KeyHint } from "@/components/key-hint";
import type { Station } from "@/viewer-core/station";

import { SaveStatus } from "./save-status";
import classes from "./station.module.css";
import { useStore } from "./use-store";
import type { TaskOpen } from "./wire";

interface HeaderBarProps {
  readonly open: TaskOpen;
  readonly station: Station;
  readonly isSubmitting: boolean;
  readonly onSubmit: () => void;
  readonly onHistory: () => void;
  readonly onKeys: () => void;
  readonly onSkip: () => void;
  readonly onProblem: () => void;
  readonly onInstructions: () => void;
}

/** Where one is, why this case, whether the work is safe, and the way on. */
export function HeaderBar(props: HeaderBarProps) {
  const { open, station } = props;
  const { task, project, position } = open;
  const why = task.state === "returned" ? task.returned_reason : task.why?.sentence;
  return (
    <header className={classes["header"]}>
      <Tooltip label="Back to my work">
        <ActionIcon component={Link} to="/work" aria-label="Back to my work">
          <IconChevronLeft size={19} />
        </ActionIcon>
      </Tooltip>
      <VisuallyHidden>
        <h1>
          {task.label} · {project.name}
        </h1>
      </VisuallyHidden>
      <div className={classes["title"]}>
        <b dir="auto">{project.name}</b>
        <span>
          {task.label} · task {position.index} of {position.total}
        </span>
      </div>
      {why && (
        <p className={classes["why"]} data-model={task.state !== "returned"} title={why}>
          {task.state === "returned" ? "Returned: " : ""}
          {why}
        </p>
      )}
      <span className={classes["grow"]} />
      <UndoButtons station={station} />
      <SaveStatus station={station} />
      <HeaderIcon label="Keys" keys="?" onClick={props.onKeys}>
        <IconKeyboard size={18} />
      </HeaderIcon>
      <HeaderIcon label="History" keys="U" onClick={props.onHistory}>
        <IconHistory size={18} />
      </HeaderIcon>
      <MoreMenu {...props} />
      <Tooltip label={<KeyHint label="Check and hand in, then open the next" keys="⏎" />}>
        <button
          type="button"
          className={classes["submit"]}
          disabled={props.isSubmitting || open.lock === null}
          onClick={props.onSubmit}
        >
          <kbd>⏎</kbd> Submit
        </button>
      </Tooltip>
    </header>
  );
}

function UndoButtons({ station }: { readonly station: Station }) {
  const { undo, redo } = useStore(station.editor.state);
  return (
    <>
      <HeaderIcon
        label={undo ? `Undo ${undo}` : "Nothing to undo"}
        keys="Ctrl Z"
        isDisabled={!undo}
        onClick={() => station.editor.undo()}
      >
        <IconArrowBackUp size={18} />
      </HeaderIcon>
      <HeaderIcon
        label={redo ? `Redo ${redo}` : "Nothing to redo"}
        keys="Ctrl Y"
        isDisabled={!redo}
        onClick={() => station.editor.redo()}
      >
        <IconArrowForwardUp size={18} />
      </HeaderIcon>
    </>
  );
}

interface HeaderIconProps {
  readonly label: string;
  readonly keys: string;
  readonly isDisabled?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function HeaderIcon({ label, keys, isDisabled = false, onClick, children }: HeaderIconProps) {
  return (
    <Tooltip label={<KeyHint label={label} keys={keys} />}>
      <ActionIcon aria-label={label} disabled={isDisabled} bg="transparent" onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function MoreMenu({ open, onSkip, onProblem, onInstructions }: HeaderBarProps) {
  const isLocked = open.lock !== null;
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 80 }}>
      <Menu.Target>
        <ActionIcon aria-label="More">
          <IconDotsVertical size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconInfoCircle size={16} />} onClick={onInstructions}>
          Instructions
        </Menu.Item>
        <Menu.Item
          leftSection={<IconPlayerSkipForward size={16} />}
          disabled={!isLocked}
          onClick={onSkip}
        >
          Skip this task…
        </Menu.Item>
        <Menu.Item leftSection={<IconFlag size={16} />} disabled={!isLocked} onClick={onProblem}>
          Report a problem…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
