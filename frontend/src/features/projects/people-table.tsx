import { ActionIcon, Select, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconUserMinus } from "@tabler/icons-react";

import type { Role, User } from "@/api/types";
import { formatCount, formatDuration } from "@/lib/format";
import { roleChoices } from "@/lib/roles";

import classes from "./projects.module.css";

export interface PersonFigures {
  readonly submitted: number;
  readonly medianSeconds: number;
}

interface PeopleTableProps {
  readonly people: readonly { readonly user: User; readonly role: Role }[];
  readonly isReadOnly?: boolean;
  /** What each has done, by name; left out where there is nothing to tell yet. */
  readonly figures?: ReadonlyMap<string, PersonFigures> | undefined;
  readonly onRole: (user: User, role: Role) => void;
  readonly onRemove: (user: User) => void;
}

const roles = roleChoices.map(({ value, label }) => ({ value, label }));

/** People with their roles, which may be changed in place. */
export function PeopleTable(props: PeopleTableProps) {
  const { people, isReadOnly = false, figures, onRole, onRemove } = props;
  return (
    <table className={classes["people"]}>
      <thead>
        <tr>
          <th>Person</th>
          {figures && <FigureHeads />}
          <th style={{ width: 190 }}>Role</th>
          <th style={{ width: 48 }}>
            <VisuallyHidden>Remove</VisuallyHidden>
          </th>
        </tr>
      </thead>
      <tbody>
        {people.map(({ user, role }) => (
          <tr key={user.id}>
            <td>
              <bdi>{user.name}</bdi>
              <small>{user.email}</small>
            </td>
            {figures && <Figures of={figures.get(user.name)} />}
            <td>
              <Select
                aria-label={`Role of ${user.name}`}
                size="xs"
                data={roles}
                allowDeselect={false}
                disabled={isReadOnly}
                value={role}
                onChange={(next) => next && onRole(user, next as Role)}
              />
            </td>
            <td>
              <Tooltip label="Take out of the project; the work stays">
                <ActionIcon
                  aria-label={`Take ${user.name} out of the project`}
                  disabled={isReadOnly}
                  onClick={() => onRemove(user)}
                >
                  <IconUserMinus size={17} stroke={1.6} />
                </ActionIcon>
              </Tooltip>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function FigureHeads() {
  return (
    <>
      <th style={{ width: 110 }} data-align="right">
        Submitted
      </th>
      <th style={{ width: 130 }} data-align="right" title="Active time with hands on a task">
        Median a task
      </th>
    </>
  );
}

function Figures({ of: figures }: { readonly of: PersonFigures | undefined }) {
  return (
    <>
      <td data-align="right">{figures ? formatCount(figures.submitted) : "–"}</td>
      <td data-align="right">{figures ? formatDuration(figures.medianSeconds) : "–"}</td>
    </>
  );
}
