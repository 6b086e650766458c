#include "example_values.h"
#include "ui/setup/module_grid.h"
#include "ui/setup/target_codec.h"

#include <QTest>

using namespace lora;
using namespace lora::ui;

namespace {

using Names = std::vector<std::string>;

LoraConfig targeting(Names names)
{
    LoraConfig config;
    config.targetModules = std::move(names);
    return config;
}

LoraConfig rankEight()
{
    LoraConfig config;
    config.r = 8;
    return config;
}

int indexOf(const std::vector<ModuleInfo>& modules, const std::string& end)
{
    for (std::size_t i = 0; i < modules.size(); ++i) {
        if (modules[i].name.ends_with(end))
            return static_cast<int>(i);
    }
    return -1;
}

int adaptedCount(const TargetRanks& ranks)
{
    return static_cast<int>(std::count_if(ranks.begin(), ranks.end(), [](int rank) { return rank > 0; }));
}

} // namespace

class TargetCodecTest : public QObject
{
    Q_OBJECT

private:
    const std::vector<ModuleInfo> m_modules = example::bert(4).modules;
    const ModuleGrid m_grid{m_modules};

    void roundTrips(const TargetRanks& ranks, int base) const
    {
        LoraConfig config;
        config.r = base;
        writeTargets(m_modules, ranks, config);
        QCOMPARE(decodeTargets(m_modules, config), ranks);
    }

private slots:
    void queryAndValueMeanThoseOfEveryBlock()
    {
        const TargetRanks ranks = decodeTargets(m_modules, targeting({"query", "value"}));
        QCOMPARE(adaptedCount(ranks), 8);
        QCOMPARE(ranks[indexOf(m_modules, "layer.2.attention.self.value")], 8);
        QCOMPARE(ranks[indexOf(m_modules, "layer.2.attention.self.key")], 0);
    }

    void aNameMatchesWholePathPartsOnly()
    {
        QCOMPARE(adaptedCount(decodeTargets(m_modules, targeting({"uery"}))), 0);
        // "output.dense" is the end of "attention.output.dense" too, as in PEFT.
        QCOMPARE(adaptedCount(decodeTargets(m_modules, targeting({"output.dense"}))), 8);
    }

    void allLinearLeavesTheHeadOut()
    {
        LoraConfig config;
        config.targetModules = std::string("all-linear");
        const TargetRanks ranks = decodeTargets(m_modules, config);
        QCOMPARE(adaptedCount(ranks), 25);
        QCOMPARE(ranks[indexOf(m_modules, "classifier")], 0);
    }

    void aStringIsARegularExpressionForTheWholePath()
    {
        LoraConfig config;
        config.targetModules = std::string(".*layer\\.[01]\\..*query");
        QCOMPARE(adaptedCount(decodeTargets(m_modules, config)), 2);
        config.targetModules = std::string("query");
        QCOMPARE(adaptedCount(decodeTargets(m_modules, config)), 0);
        config.targetModules = std::string("(");
        QCOMPARE(adaptedCount(decodeTargets(m_modules, config)), 0);
    }

    void layersToTransformSparesExactPaths()
    {
        LoraConfig config = targeting({"query", "bert.pooler.dense"});
        config.layersToTransform = std::vector<int>{1};
        const TargetRanks ranks = decodeTargets(m_modules, config);
        QCOMPARE(adaptedCount(ranks), 2);
        QVERIFY(ranks[indexOf(m_modules, "pooler.dense")] > 0);
    }

    void modulesToSaveAreNeverTargets()
    {
        LoraConfig config = targeting({"query", "dense"});
        config.modulesToSave = {"pooler.dense"};
        QCOMPARE(decodeTargets(m_modules, config)[indexOf(m_modules, "pooler.dense")], 0);
    }

    void modulesToSaveHoldWhateverIsUnderThem()
    {
        LoraConfig config;
        config.targetModules = std::string("all-linear");
        config.modulesToSave = {"pooler"};
        const int pooler = indexOf(m_modules, "pooler.dense");
        QVERIFY(isTrainedWhole(m_modules[pooler], config));
        QCOMPARE(decodeTargets(m_modules, config)[pooler], 0);
        QVERIFY(!isTrainedWhole(m_modules[0], config));
        QVERIFY(namesAnyModule(m_modules, "pooler"));
        QVERIFY(!namesAnyModule(m_modules, "lm_head"));
    }

    void aClassifierIsAlwaysTrainedWholeALanguageModelsHeadIsNot()
    {
        QVERIFY(isTrainedWhole(m_modules[indexOf(m_modules, "classifier")], {}));
        const auto gpt2 = example::gpt2(2).modules;
        QVERIFY(!isTrainedWhole(gpt2.back(), {}));
        LoraConfig saved;
        saved.modulesToSave = {"lm_head"};
        QVERIFY(isTrainedWhole(gpt2.back(), saved));
    }

    void allLinearLeavesTheOutputLayerOutAndItsNameTakesIt()
    {
        const auto gpt2 = example::gpt2(2).modules;
        LoraConfig config;
        config.targetModules = std::string("all-linear");
        QCOMPARE(decodeTargets(gpt2, config).back(), 0);
        QCOMPARE(adaptedCount(decodeTargets(gpt2, config)), 8);
        QCOMPARE(decodeTargets(gpt2, targeting({"lm_head"})).back(), 8);
        const TargetRanks head = presetTargets(TargetPreset::OutputLayer, ModuleGrid(gpt2), {}, rankEight());
        const auto encoded = encodeTargets(gpt2, head, 8);
        QCOMPARE(std::get<Names>(encoded.targetModules), (Names{"lm_head"}));
    }

    void aPresetNeverTakesWhatIsTrainedWhole()
    {
        LoraConfig config = rankEight();
        config.modulesToSave = {"pooler"};
        const TargetRanks ranks = presetTargets(TargetPreset::AllLinear, m_grid, {}, config);
        QCOMPARE(ranks[indexOf(m_modules, "pooler.dense")], 0);
        const auto encoded = encodeTargets(m_modules, ranks, 8, config.modulesToSave);
        QCOMPARE(std::get<std::string>(encoded.targetModules), std::string("all-linear"));
    }

    void everyFamilysQueriesAndValuesAreFound()
    {
        QCOMPARE(adaptedCount(presetTargets(TargetPreset::QueryValue, ModuleGrid(example::gpt2(3).modules),
                                            {}, rankEight())),
                 3); // fused
        QCOMPARE(adaptedCount(presetTargets(TargetPreset::QueryValue, ModuleGrid(example::llama(3).modules),
                                            {}, rankEight())),
                 6);
    }

    void theFirstMatchingRankPatternWins()
    {
        LoraConfig config = targeting({"query"});
        config.rankPattern = {{"layer.1.attention.self.query", 32}, {"query", 2}};
        const TargetRanks ranks = decodeTargets(m_modules, config);
        QCOMPARE(ranks[indexOf(m_modules, "layer.1.attention.self.query")], 32);
        QCOMPARE(ranks[indexOf(m_modules, "layer.3.attention.self.query")], 2);
    }

    void presetsTakeTheirShortestForm()
    {
        const TargetRanks none(m_modules.size(), 0);
        auto encoded =
            encodeTargets(m_modules, presetTargets(TargetPreset::QueryValue, m_grid, none, rankEight()), 8);
        QCOMPARE(std::get<Names>(encoded.targetModules), (Names{"query", "value"}));
        QVERIFY(!encoded.layersToTransform);
        encoded =
            encodeTargets(m_modules, presetTargets(TargetPreset::AllLinear, m_grid, none, rankEight()), 8);
        QCOMPARE(std::get<std::string>(encoded.targetModules), std::string("all-linear"));
        encoded =
            encodeTargets(m_modules, presetTargets(TargetPreset::TopHalf, m_grid, none, rankEight()), 8);
        QCOMPARE(std::get<Names>(encoded.targetModules), (Names{"query", "value"}));
        QCOMPARE(*encoded.layersToTransform, (std::vector<int>{2, 3}));
        QVERIFY(encoded.rankPattern.empty());
    }

    void anAmbiguousNameFallsBackToFullPaths()
    {
        TargetRanks ranks(m_modules.size(), 0);
        for (std::size_t i = 0; i < ranks.size(); ++i)
            ranks[i] = m_modules[i].column == "output.dense" ? 8 : 0;
        const auto encoded = encodeTargets(m_modules, ranks, 8);
        const auto& names = std::get<Names>(encoded.targetModules);
        QCOMPARE(names.size(), std::size_t(4));
        QCOMPARE(names[0], std::string("bert.encoder.layer.0.output.dense"));
        roundTrips(ranks, 8);
    }

    void anotherRankBecomesARankPattern()
    {
        TargetRanks ranks = presetTargets(TargetPreset::QueryValue, m_grid, {}, rankEight());
        for (std::size_t i = 0; i < ranks.size(); ++i) {
            if (m_modules[i].column == "attention.self.value")
                ranks[i] = 2;
        }
        const auto encoded = encodeTargets(m_modules, ranks, 8);
        QCOMPARE(encoded.rankPattern.size(), std::size_t(1));
        QCOMPARE(encoded.rankPattern.begin()->second, 2);
        roundTrips(ranks, 8);
    }

    void everySelectionDecodesToItself()
    {
        std::mt19937 random(20);
        const int choices[] = {0, 0, 1, 8, 8, 16};
        for (int trial = 0; trial < 400; ++trial) {
            TargetRanks ranks(m_modules.size(), 0);
            const bool isByColumn = trial % 2 == 0;
            std::map<std::string, int> columns;
            for (std::size_t i = 0; i < ranks.size(); ++i) {
                if (m_modules[i].isHead)
                    continue;
                const int drawn = choices[random() % std::size(choices)];
                ranks[i] = isByColumn ? columns.try_emplace(m_modules[i].column, drawn).first->second : drawn;
            }
            roundTrips(ranks, 8);
        }
    }
};

QTEST_GUILESS_MAIN(TargetCodecTest)
#include "target_codec_test.moc"
