#pragma once
// Headers every file of the command line reads; precompiled once, CLI11 above all.
#include "core/pch.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
