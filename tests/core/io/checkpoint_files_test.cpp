#include "core/io/checkpoint_files.h"

#include "core/base/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

namespace lora {
namespace {

using test::expectError;
using test::TemporaryFolder;

const std::vector<float> Values = {1, 2, 3, 4};

TEST(CheckpointFiles, ASingleFileIsOpened)
{
    const TemporaryFolder folder;
    writeSafetensors(folder / "model.safetensors", {{"a", {4}, Values}, {"b", {2, 2}, Values}});
    const ModelFiles model = openModelTensors(folder.path());
    EXPECT_EQ(model.tensors().size(), 2u);
    EXPECT_EQ(model.totalBytes(), 32u);
    ASSERT_TRUE(model.find("b"));
    EXPECT_EQ(model.find("c"), nullptr);
}

TEST(CheckpointFiles, ShardsAreJoined)
{
    const TemporaryFolder folder;
    writeSafetensors(folder / "m-1.safetensors", {{"a", {4}, Values}});
    writeSafetensors(folder / "m-2.safetensors", {{"b", {2, 2}, Values}});
    folder.write(
        "model.safetensors.index.json",
        R"({"metadata":{"total_size":32},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}})");
    const ModelFiles model = openModelTensors(folder.path());
    ASSERT_TRUE(model.find("a") && model.find("b"));
    std::vector<float> values(4);
    model.find("b")->copyTo(std::span(values));
    EXPECT_EQ(values, Values);
}

TEST(CheckpointFiles, MissingShardsAndTensorsAreNamed)
{
    const TemporaryFolder folder;
    writeSafetensors(folder / "m-1.safetensors", {{"a", {4}, Values}});
    folder.write("model.safetensors.index.json",
                 R"({"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}})");
    expectError(ErrorKind::FileSystem, "m-2.safetensors", [&] { openModelTensors(folder.path()); });
    folder.write("model.safetensors.index.json",
                 R"({"weight_map":{"a":"m-1.safetensors","b":"m-1.safetensors"}})");
    expectError(ErrorKind::BadInput, "tensor \"b\" is not in", [&] { openModelTensors(folder.path()); });
}

TEST(CheckpointFiles, AnIndexMustStayInsideItsFolder)
{
    const TemporaryFolder folder;
    for (const char* shard : {"../m.safetensors", "/etc/passwd", "a/b", "..", "", "a\\\\b"}) {
        folder.write("model.safetensors.index.json", std::string(R"({"weight_map":{"a":")") + shard + "\"}}");
        expectError(ErrorKind::BadInput, "must name a file of this folder",
                    [&] { openModelTensors(folder.path()); });
    }
}

TEST(CheckpointFiles, MalformedIndexesAreRefused)
{
    const TemporaryFolder folder;
    for (const char* text :
         {"[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{}})", R"({"weight_map":{"a":1}})", "{"}) {
        folder.write("model.safetensors.index.json", text);
        expectError(ErrorKind::BadInput, "model.safetensors.index.json",
                    [&] { openModelTensors(folder.path()); });
    }
    folder.write("model.safetensors.index.json", std::string(1'000'000, '['));
    expectError(ErrorKind::BadInput, "nested deeper", [&] { openModelTensors(folder.path()); });
}

TEST(CheckpointFiles, OtherFormatsAreNamed)
{
    const TemporaryFolder folder;
    expectError(ErrorKind::FileSystem, "neither model.safetensors", [&] { openModelTensors(folder.path()); });
    expectError(ErrorKind::FileSystem, "no such model folder", [&] { openModelTensors(folder / "absent"); });
    folder.write("pytorch_model.bin", "x");
    expectError(ErrorKind::Unsupported, "pytorch_model.bin", [&] { openModelTensors(folder.path()); });
}

} // namespace
} // namespace lora
