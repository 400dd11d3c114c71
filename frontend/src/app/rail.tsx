import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { NavLink } from "react-router";

import { KeyHint } from "@/components/key-hint";

import { AccountMenu } from "./account-menu";
import { LimnMark } from "./limn-mark";
import { openPalette } from "./palette";
import classes from "./shell.module.css";
import { usePlaces } from "./use-places";

/** The slim rail on the left: where one can go. */
export function Rail() {
  const places = usePlaces();
  return (
    <nav className={classes["rail"]} aria-label="Limn">
      <div className={classes["mark"]}>
        <LimnMark size={28} />
      </div>
      <ul className={classes["links"]}>
        {places.map((place) => (
          <li key={place.path}>
            <Tooltip label={<KeyHint label={place.label} keys={place.key} />} position="right">
              <NavLink to={place.path} className={classes["link"] ?? ""}>
                <place.icon size={20} stroke={1.6} aria-hidden />
                {place.label}
              </NavLink>
            </Tooltip>
          </li>
        ))}
      </ul>
      <Tooltip label={<KeyHint label="Search and commands" keys="Ctrl K" />} position="right">
        <UnstyledButton className={classes["link"] ?? ""} onClick={openPalette}>
          <IconSearch size={20} stroke={1.6} aria-hidden />
          Search
        </UnstyledButton>
      </Tooltip>
      <AccountMenu />
    </nav>
  );
}
